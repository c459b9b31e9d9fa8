// @ts-check
/** Takes the receipts that come with answers: verifies each, keeps it, and says how far it proves. */

import { faultOfBid, faultOfSealed, keepReceipt } from './receipts.js';

/** @typedef {import('./receipts.js').Owner} Owner */
/** @typedef {import('./receipts.js').Kept} Kept */
/** @typedef {import('./log-watch.js').LogWatch} LogWatch */
/** @typedef {'confirmed' | 'missing' | 'unchecked' | 'false'} Worth */

const PATIENCE_MS = 3000;

export class ReceiptDesk {
  /**
   * @param {LogWatch} watch
   * @param {Owner} owner
   */
  constructor(watch, owner) {
    this.watch = watch;
    this.owner = owner;
  }

  /**
   * What the receipt of an accepted bid is worth.
   * @param {any} receipt
   * @param {number} amount
   * @returns {Promise<{ worth: Worth, kept: Kept | null }>}
   */
  takeBid(receipt, amount) {
    if (!receipt?.proof) return Promise.resolve({ worth: 'missing', kept: null });
    return this.take('bid', receipt, (key) => faultOfBid(receipt, { ...this.owner, amount }, key));
  }

  /**
   * What the receipt of a refused bid, an instruction or a cancellation is worth.
   * @param {any} receipt
   * @returns {Promise<{ worth: Worth, kept: Kept | null }>}
   */
  takeSealed(receipt) {
    if (!receipt?.note) return Promise.resolve({ worth: 'missing', kept: null });
    return this.take('sealed', receipt, (key) => faultOfSealed(receipt, this.owner, key));
  }

  /**
   * @param {'bid' | 'sealed'} kind
   * @param {any} receipt
   * @param {(key: import('./notes.js').Key) => Promise<string | null>} faultUnder
   * @returns {Promise<{ worth: Worth, kept: Kept }>}
   */
  async take(kind, receipt, faultUnder) {
    const key = await Promise.race([this.watch.findKey(), nothingAfter(PATIENCE_MS)]);
    /** @type {Worth} */
    let worth = 'unchecked';
    if (key) worth = (await faultUnder(key)) === null ? 'confirmed' : 'false';
    const kept = { kind, receipt, holds: worth === 'confirmed' };
    keepReceipt(this.owner, kept);
    return { worth, kept };
  }
}

/**
 * @param {number} ms
 * @returns {Promise<null>}
 */
function nothingAfter(ms) {
  return new Promise((go) => { setTimeout(() => go(null), ms); });
}
