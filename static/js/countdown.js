// @ts-check
/**
 * Time left until `data-countdown`, by the court's clock, all elements ticking together on the full
 * second. What is spoken is said three times only: ten minutes, one minute, over.
 */

import { courtNow, isTimeKnown, keepTime, onClock } from './clock.js';

const LAST_S = 300;
/** @type {Set<HTMLElement>} */
const running = new Set();
let ticking = false;

/** @param {HTMLElement} element */
export function mount(element) {
  running.add(element);
  keepTime();
  if (!ticking) {
    ticking = true;
    onClock(showAll);
    tick();
  }
}

function tick() {
  showAll();
  setTimeout(tick, 1000 - (courtNow() % 1000));
}

/** What the server drew stays until its clock is known: this device's own may be days away. */
function showAll() {
  if (!isTimeKnown()) return;
  const now = courtNow();
  for (const element of running) {
    if (element.isConnected) show(element, now);
    else running.delete(element);
  }
}

/**
 * @param {HTMLElement} element
 * @param {number} now
 */
function show(element, now) {
  const ends = Date.parse(element.dataset.countdown ?? '');
  if (Number.isNaN(ends)) return;
  const left = Math.ceil((ends - now) / 1000);
  element.dataset.phase = left <= 0 ? 'over' : left <= LAST_S ? 'last' : 'running';
  const text = left <= 0 ? element.dataset.over ?? '' : spanText(left, element.dataset.days ?? '{days} {clock}');
  if (element.textContent !== text) element.textContent = text;
  const remark = remarkAt(left);
  if (remark && element.dataset[remark] && element.dataset.said !== `${remark}@${ends}`) {
    element.dataset.said = `${remark}@${ends}`;
    say(element.dataset[remark] ?? '');
  }
}

/**
 * `03:04:05`, with days in front where there are any.
 * @param {number} left whole seconds, above zero
 * @param {string} template with {days} and {clock}
 */
export function spanText(left, template) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const clock = `${two(Math.floor((left % 86400) / 3600))}:${two(Math.floor((left % 3600) / 60))}:${two(left % 60)}`;
  const days = Math.floor(left / 86400);
  return days > 0 ? template.replace('{days}', String(days)).replace('{clock}', clock) : clock;
}

/**
 * Which remark is due, if any; a late tick still makes it, within ten seconds.
 * @param {number} left
 * @returns {'ten' | 'one' | 'ended' | null}
 */
export function remarkAt(left) {
  if (left <= 600 && left > 590) return 'ten';
  if (left <= 60 && left > 50) return 'one';
  return left <= 0 && left > -10 ? 'ended' : null;
}

/** @type {HTMLElement | null} */
let voice = null;

/**
 * Says one sentence politely to those who listen to the page.
 * @param {string} text
 */
export function say(text) {
  if (!voice) {
    voice = document.createElement('div');
    voice.className = 'visually-hidden';
    voice.setAttribute('role', 'status');
    document.body.append(voice);
  }
  voice.textContent = text;
}
