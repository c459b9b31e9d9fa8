// @ts-check
/** Waits for the deposit: asks now and then, and opens the page again once something has changed. */

import { readAgain } from './read-again.js';

const FIRST_MS = 3000;
const LONGEST_MS = 20_000;

/** @param {HTMLElement} element */
export function mount(element) {
  const known = element.dataset.status;
  let pause = FIRST_MS;
  const ask = async () => {
    try {
      const answer = await fetch(element.dataset.href ?? '', { cache: 'no-store' });
      if (answer.ok && (await answer.json()).status !== known) {
        readAgain();
      }
    } catch {
      // Offline for a moment: the next question will tell.
    }
    pause = Math.min(pause * 1.5, LONGEST_MS);
    setTimeout(ask, pause);
  };
  setTimeout(ask, pause);
}
