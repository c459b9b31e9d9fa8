// @ts-check
/**
 * The court's time on this device. Asks `/api/v1/time` a few times and keeps the sample with which
 * the network was quickest among the middle ones: half its round trip is the best guess of the way
 * back, and an odd sample moves nothing (median).
 */

const ASKS = 5;
const APART_MS = 150;
const AGAIN_MS = 10 * 60 * 1000;

/** @typedef {{ offset: number, latency: number }} Sample */

/** @type {Sample | null} */
let best = null;
/** @type {Promise<Sample | null> | null} */
let asking = null;
/** @type {Set<(sample: Sample) => void>} */
const listeners = new Set();

/** Milliseconds since 1970 by the court's clock, as well as we know it. */
export function courtNow() {
  return Date.now() + (best?.offset ?? 0);
}

/** Whether the court's clock has been heard at all; until then this device's own is no answer. */
export function isTimeKnown() {
  return best !== null;
}

/**
 * One sample from when we asked, what the server said, and when it reached us.
 * @param {number} sent
 * @param {number} server
 * @param {number} received
 * @returns {Sample}
 */
export function sampleOf(sent, server, received) {
  const latency = Math.max(received - sent, 0);
  return { offset: server - (sent + latency / 2), latency };
}

/**
 * The middle of the samples by offset, over the half of them that came back soonest.
 * @param {Sample[]} samples
 * @returns {Sample | null}
 */
export function medianOf(samples) {
  if (samples.length === 0) return null;
  const quick = [...samples].sort((a, b) => a.latency - b.latency);
  const half = quick.slice(0, Math.ceil(quick.length / 2)).sort((a, b) => a.offset - b.offset);
  return half[Math.floor((half.length - 1) / 2)];
}

/**
 * Takes a server time that came with something else (a live frame); it only corrects a clock that
 * was never asked, since its way here is unknown.
 * @param {string} iso
 */
export function hearTime(iso) {
  if (best === null) settle({ offset: Date.parse(iso) - Date.now(), latency: 0 });
}

/** Asks the server now; several callers share one round of questions. */
export function synchronise() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

/**
 * Calls back now, if the clock is known, and whenever it is set again.
 * @param {(sample: Sample) => void} listener
 */
export function onClock(listener) {
  listeners.add(listener);
  if (best) listener(best);
}

/** @returns {Promise<Sample | null>} */
async function ask() {
  /** @type {Sample[]} */
  const samples = [];
  for (let i = 0; i < ASKS; i += 1) {
    const sample = await askOnce();
    if (sample) samples.push(sample);
    if (sample && best === null) settle(sample); // a first answer at once, a better one soon
    await new Promise((go) => { setTimeout(go, APART_MS); });
  }
  const found = medianOf(samples);
  if (found) settle(found);
  return found;
}

/** @returns {Promise<Sample | null>} */
async function askOnce() {
  const sent = Date.now();
  try {
    const answer = await fetch('/api/v1/time', { cache: 'no-store', credentials: 'omit' });
    if (!answer.ok) return null;
    const { now } = await answer.json();
    return sampleOf(sent, Date.parse(now), Date.now());
  } catch {
    return null; // Offline for a moment: the next round asks again.
  }
}

/** @param {Sample} sample */
function settle(sample) {
  best = sample;
  for (const listener of listeners) listener(sample);
}

let keeping = false;

/** Keeps the clock right while the page is open, and after the device has slept. */
export function keepTime() {
  if (keeping) return;
  keeping = true;
  void synchronise();
  setInterval(() => void synchronise(), AGAIN_MS);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void synchronise();
  });
}

/**
 * The connection line: the court's time, and how far this device is from it.
 * @param {HTMLElement} element
 */
export function mount(element) {
  const now = element.querySelector('[data-clock-now]');
  const offset = element.querySelector('[data-clock-offset]');
  if (!now || !(offset instanceof HTMLElement)) return;
  const { template = '', templateAhead = template } = offset.dataset;
  onClock(({ offset: ms, latency }) => {
    offset.textContent = (ms < 0 ? templateAhead : template)
      .replace('{offset}', seconds(ms))
      .replace('{latency}', `${Math.round(latency)} ms`);
  });
  const tick = () => {
    if (isTimeKnown()) now.textContent = beijing(courtNow());
    setTimeout(tick, 1000 - (courtNow() % 1000));
  };
  keepTime();
  onClock(() => { now.textContent = beijing(courtNow()); });
  tick();
}

/** @param {number} ms */
function seconds(ms) {
  return `${(Math.abs(ms) / 1000).toFixed(1)} s`;
}

/** @param {number} ms */
function beijing(ms) {
  return new Date(ms + 8 * 3600 * 1000).toISOString().slice(11, 19);
}
