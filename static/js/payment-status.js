// @ts-check
/**
 * Asks `data-url` whether the payment has moved on from `data-state`; if it has, the page is read
 * again. It asks every four seconds at first, later once a minute, and not while nobody looks.
 */

import { readAgain } from './read-again.js';

const FIRST_MS = 4000;
const LAST_MS = 60_000;

/** @param {HTMLElement} element */
export function mount(element) {
  const { url, state } = element.dataset;
  if (url === undefined || state === undefined) return;
  let pause = FIRST_MS;

  async function look() {
    if (!element.isConnected) return;
    if (!document.hidden && await hasMoved(String(url), String(state))) readAgain();
    pause = Math.min(pause * 1.2, LAST_MS);
    setTimeout(look, pause);
  }
  setTimeout(look, pause);
}

/**
 * False, too, when the server cannot be asked: then the page is simply not newer.
 * @param {string} url
 * @param {string} state
 */
async function hasMoved(url, state) {
  try {
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    if (!answer.ok) return false;
    /** @type {{ state: string }} */
    const told = await answer.json();
    return told.state !== state;
  } catch {
    return false;
  }
}
