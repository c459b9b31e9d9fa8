// @ts-check
/** A bidder's own receipts of this sale, each as a file to keep. */

import { watchLog } from './log-alarm.js';
import { formatMoney } from './money.js';
import { ReceiptDesk } from './receipt-desk.js';
import { CHANGED, entryOf, fileOf, listReceipts } from './receipts.js';
import { saveFile } from './save-file.js';

/** @typedef {import('./receipts.js').Kept} Kept */

/** @param {HTMLElement} section */
export function mount(section) {
  const show = () => showAll(section);
  document.addEventListener(CHANGED, show);
  show();
  void checkAgain(section);
}

/**
 * What could not be verified when it came (the key was not known) is verified now.
 * @param {HTMLElement} section
 */
async function checkAgain(section) {
  const { lot = '', sale = '', code = '' } = section.dataset;
  const owner = { lot, sale, code };
  const desk = new ReceiptDesk(watchLog(lot, sale), owner);
  for (const { kind, receipt } of listReceipts(owner).filter((one) => !one.holds)) {
    if (kind === 'bid') await desk.takeBid(receipt, receipt.amount);
    else await desk.takeSealed(receipt);
  }
}

/** @param {HTMLElement} section */
function showAll(section) {
  const { lot = '', sale = '', code = '' } = section.dataset;
  const kept = listReceipts({ lot, sale, code });
  section.hidden = kept.length === 0;
  const count = section.querySelector('[data-receipt-count]');
  if (count) count.textContent = String(kept.length);
  section.querySelector('[data-receipts]')?.replaceChildren(...kept.map((one) => rowOf(section, one)).reverse());
}

/**
 * @param {HTMLElement} section
 * @param {Kept} kept
 */
function rowOf(section, kept) {
  const row = document.createElement('li');
  row.className = 'receipts__item';
  const words = section.dataset;
  const { at, type, seq, accepted, amount, limit } = entryOf(kept);
  const figure = Number(amount ?? limit);
  const template = kept.kind === 'bid' ? words.wordBid
    : type === 'instruct' ? words.wordInstruct
      : type === 'cancel' ? words.wordCancel : words.wordRefused;
  const title = document.createElement('div');
  title.textContent = (template ?? '')
    .replace('{seq}', String(seq ?? ''))
    .replace('{amount}', Number.isSafeInteger(figure) ? formatMoney(figure) : String(amount ?? limit ?? ''));
  const about = document.createElement('div');
  about.className = 'small muted';
  const standing = kept.holds ? words.wordHolds : words.wordUnchecked;
  const refused = type === 'instruct' && !accepted ? ` · ${words.wordNotAccepted}` : '';
  about.textContent = `${beijing(Date.parse(at))}${refused} · ${standing}`;
  const text = document.createElement('div');
  text.append(title, about);
  row.append(text, buttonsOf(kept, title.textContent));
  return row;
}

/**
 * @param {Kept} kept
 * @param {string} title
 */
function buttonsOf(kept, title) {
  const buttons = document.createElement('div');
  buttons.className = 'buttons';
  for (const form of /** @type {const} */ (['tlog-proof', 'json'])) {
    if (form === 'tlog-proof' && kept.kind !== 'bid') continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button button--quiet button--small';
    button.append(form === 'json' ? 'JSON' : '.tlog-proof');
    const about = document.createElement('span');
    about.className = 'visually-hidden';
    about.textContent = ` ${title}`;
    button.append(about);
    button.addEventListener('click', () => {
      const { name, text } = fileOf(kept, form);
      saveFile(name, text, form === 'json' ? 'application/json' : 'text/plain');
    });
    buttons.append(button);
  }
  return buttons;
}

/** @param {number} ms */
function beijing(ms) {
  return Number.isNaN(ms) ? '' : new Date(ms + 8 * 3600 * 1000).toISOString().slice(0, 23).replace('T', ' ');
}
