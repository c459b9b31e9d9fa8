// @ts-check
/** The public bid list, newest first: rows are added as bids come, the oldest leave the page. */

import { formatMoney } from './money.js';

/** @typedef {import('./room-link.js').Bid} Bid */

const MOST_ROWS = 30;

/**
 * @param {HTMLTableElement} table
 * @param {Bid[]} bids in order of `seq`
 * @param {string} mine the reader's own code, or nothing
 */
export function addRows(table, bids, mine) {
  const body = table.tBodies[0];
  const known = Number(body.querySelector('[data-seq]')?.getAttribute('data-seq') ?? 0);
  const fresh = bids.filter((bid) => bid.seq > known).slice(-MOST_ROWS);
  if (fresh.length === 0) return;
  body.querySelector('[data-none]')?.remove();
  for (const bid of fresh) {
    const row = rowOf(table, bid, mine);
    row.classList.add('settles');
    body.prepend(row);
  }
  while (body.rows.length > MOST_ROWS) body.deleteRow(-1);
}

/**
 * @param {HTMLTableElement} table
 * @param {Bid} bid
 * @param {string} mine
 */
export function rowOf(table, bid, mine) {
  const row = document.createElement('tr');
  row.dataset.seq = String(bid.seq);
  if (mine && bid.code === mine) row.className = 'is-mine';
  const who = document.createElement('th');
  who.scope = 'row';
  who.append(span('bid-list__code', bid.code));
  const words = table.dataset;
  const marks = [
    mine !== '' && bid.code === mine ? words.wordMine : '',
    bid.auto ? words.wordAuto : '',
    bid.match ? words.wordMatch : '',
    bid.extended ? words.wordExtended : '',
  ];
  for (const mark of marks) if (mark) who.append(' ', span('bid-list__mark', mark));
  const time = document.createElement('time');
  time.className = 'nowrap';
  time.dateTime = bid.at;
  time.textContent = beijing(Date.parse(bid.at));
  row.append(cell('muted', String(bid.seq)), who, cell('table__num', formatMoney(bid.amount)), cell('', time));
  return row;
}

/**
 * @param {string} className
 * @param {string | Node} content
 */
function cell(className, content) {
  const made = document.createElement('td');
  made.className = className;
  made.append(content);
  return made;
}

/**
 * @param {string} className
 * @param {string} text
 */
function span(className, text) {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}

/** @param {number} ms */
function beijing(ms) {
  return new Date(ms + 8 * 3600 * 1000).toISOString().replace('T', ' ').slice(0, 23);
}
