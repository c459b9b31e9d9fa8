// @ts-check
/** The second question before an unusually large bid, with the amount in digits and words. */

import { formatMoney, moneyWords } from './money.js';

/**
 * Asks once more before an unusually large bid; true when it is meant.
 * @param {number} amount
 * @returns {Promise<boolean>}
 */
export function confirmRaise(amount) {
  const dialog = document.getElementById('confirm-raise');
  if (!(dialog instanceof HTMLDialogElement)) return Promise.resolve(true);
  const yes = dialog.querySelector('[data-confirm-yes]');
  const no = dialog.querySelector('[data-confirm-no]');
  const digits = dialog.querySelector('[data-confirm-digits]');
  const words = dialog.querySelector('[data-confirm-words]');
  if (!(yes instanceof HTMLElement) || !(no instanceof HTMLElement)) return Promise.resolve(true);
  if (digits) digits.textContent = formatMoney(amount);
  if (words) words.textContent = moneyWords(amount);
  yes.textContent = (yes.dataset.word ?? '{amount}').replace('{amount}', formatMoney(amount));
  return new Promise((decide) => {
    const answer = { given: false };
    yes.onclick = () => { answer.given = true; dialog.close(); };
    no.onclick = () => dialog.close();
    dialog.addEventListener('close', () => decide(answer.given), { once: true });
    dialog.showModal();
  });
}
