// @ts-check
/**
 * What the page says about the log while the sale is watched: one small line when all is well, and a
 * callout that stays, with the evidence in it, when the platform contradicts itself.
 */

import { courtNow } from './clock.js';
import { LogMemory } from './log-memory.js';
import { LogWatch } from './log-watch.js';
import { saveFile } from './save-file.js';

/** @typedef {import('./log-watch.js').Finding} Finding */

/** @type {Map<string, LogWatch>} */
const watches = new Map();
/** @type {Finding} */
let latest = { size: 0, at: '', alarm: null };

/**
 * The one watch of this sale on this page.
 * @param {string} lot
 * @param {string} sale
 */
export function watchLog(lot, sale) {
  const name = `${lot} ${sale}`;
  let watch = watches.get(name);
  if (!watch) {
    watch = new LogWatch(lot, sale, new LogMemory(lot, sale), (finding) => {
      latest = finding;
      showFinding();
    }, { time: courtNow });
    watches.set(name, watch);
  }
  return watch;
}

/** @param {HTMLElement} callout */
export function mount(callout) {
  const watch = watchLog(callout.dataset.lot ?? '', callout.dataset.sale ?? '');
  const restart = callout.querySelector('[data-alarm-restart]');
  callout.querySelector('[data-alarm-save]')?.addEventListener('click', () => {
    if (!latest.alarm) return;
    const text = `${JSON.stringify(latest.alarm.evidence, null, 1)}\n`;
    saveFile(`evidence-${watch.sale}-${latest.alarm.at.replace(/\D/g, '')}.json`, text);
    if (restart instanceof HTMLElement) restart.hidden = false;
  });
  restart?.addEventListener('click', () => watch.restart());
  watch.start();
  if (!('live' in callout.dataset)) void watch.look();
}

/** Writes what was found last; the panel may have been drawn anew since. */
export function showFinding() {
  const callout = document.getElementById('log-alarm');
  if (callout) showAlarm(callout, latest);
  for (const line of document.querySelectorAll('[data-evidence]')) {
    if (line instanceof HTMLElement) showLine(line, latest);
  }
}

/**
 * @param {HTMLElement} callout
 * @param {Finding} finding
 */
function showAlarm(callout, { alarm }) {
  if (callout.hidden === (alarm === null)) return;
  const text = callout.querySelector('[data-alarm-text]');
  if (text && alarm) text.textContent = callout.getAttribute(`data-word-${alarm.kind}`) ?? '';
  callout.hidden = alarm === null;
}

/**
 * @param {HTMLElement} line
 * @param {Finding} finding
 */
function showLine(line, { size, at, alarm }) {
  line.hidden = size === 0 && alarm === null;
  line.classList.toggle('evidence-line--alarm', alarm !== null);
  const link = line.querySelector('a');
  const word = (alarm ? line.dataset.wordAlarm : line.dataset.wordChecked) ?? '';
  const text = word.replace('{n}', String(size)).replace('{at}', at ? beijing(Date.parse(at)) : '');
  if (!link || link.textContent === text) return;
  link.textContent = text;
  link.setAttribute('href', alarm ? '#log-alarm' : '#evidence');
}

/** @param {number} ms */
function beijing(ms) {
  return new Date(ms + 8 * 3600 * 1000).toISOString().slice(11, 19);
}
