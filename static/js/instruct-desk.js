// @ts-check
/**
 * The standing instruction: leave a limit, take it back, and see one's own again after a reload. The
 * limit comes from the server to its owner alone, and stays out of lasting storage.
 */

import { formatMoney, moneyWords, parseMoney } from './money.js';

/** @typedef {import('./room-link.js').RoomLink} RoomLink */
/** @typedef {import('./receipt-desk.js').ReceiptDesk} ReceiptDesk */

export class InstructDesk {
  /**
   * @param {HTMLElement} part
   * @param {RoomLink} link
   * @param {ReceiptDesk} receipts
   */
  constructor(part, link, receipts) {
    this.part = part;
    this.link = link;
    this.receipts = receipts;
    this.input = part.querySelector('[data-limit]');
    this.words = part.querySelector('[data-limit-words]');
    this.said = part.querySelector('[data-limit-answer]');
    this.show(part.dataset.ownLimit ? Number(part.dataset.ownLimit) : null);
    this.input?.addEventListener('input', () => this.showWords());
    part.querySelector('[data-set-limit]')?.addEventListener('click', () => void this.set());
    part.querySelector('[data-cancel-limit]')?.addEventListener('click', () => void this.cancel());
  }

  typed() {
    return this.input instanceof HTMLInputElement ? parseMoney(this.input.value) : null;
  }

  showWords() {
    const amount = this.typed();
    if (this.words) this.words.textContent = amount === null ? this.part.dataset.wordUnclear ?? '' : moneyWords(amount);
  }

  /**
   * The instruction that stands.
   * @param {number | null} limit
   */
  show(limit) {
    const line = this.part.querySelector('[data-own-limit-line]');
    for (const part of this.part.querySelectorAll('[data-cancel-limit], [data-own-limit-mark]')) {
      if (part instanceof HTMLElement) part.hidden = limit === null;
    }
    if (!(line instanceof HTMLElement)) return;
    line.hidden = limit === null;
    line.textContent = limit === null ? '' : (this.part.dataset.wordOwn ?? '').replace('{amount}', formatMoney(limit));
  }

  async set() {
    const limit = this.typed();
    if (limit === null) {
      this.showWords();
      if (this.input instanceof HTMLElement) this.input.focus();
      return;
    }
    const done = (this.part.dataset.wordSet ?? '').replace('{amount}', formatMoney(limit));
    if (await this.tell('instruct', { limit }, done)) this.show(limit);
  }

  async cancel() {
    if (await this.tell('cancel', {}, this.part.dataset.wordCancelled ?? '')) this.show(null);
  }

  /**
   * @param {'instruct' | 'cancel'} event
   * @param {object} payload
   * @param {string} done
   * @returns {Promise<boolean>} whether it was accepted
   */
  async tell(event, payload, done) {
    const answer = await this.link.ask(event, { lot: this.link.lot, ...payload });
    let text = this.part.dataset.wordNetwork ?? '';
    if (answer) text = answer.accepted ? done : answer.message ?? '';
    if (answer?.receipt) {
      const { worth } = await this.receipts.takeSealed(answer.receipt);
      if (worth === 'false') text += ` ${this.part.dataset.wordFalse ?? ''}`;
    }
    if (this.said) this.said.textContent = text;
    return answer?.accepted === true;
  }
}
