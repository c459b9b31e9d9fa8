// @ts-check
/**
 * The bidding form made live: amounts in steps, digits and words, one button, and an answer that is
 * a receipt, a named refusal with what would be accepted, or an honest "not known yet".
 */

import { newKey, sendBid } from './bid-sender.js';
import { confirmRaise } from './confirm-raise.js';
import { formatMoney, moneyWords, parseMoney } from './money.js';
import { fileOf } from './receipts.js';
import { saveFile } from './save-file.js';

/** @typedef {import('./room-link.js').RoomLink} RoomLink */
/** @typedef {import('./room-link.js').State} State */
/** @typedef {import('./receipt-desk.js').ReceiptDesk} ReceiptDesk */
/** @typedef {{ start: number, increment: number, steps: number, bps: number, code: string, lot: string }} Terms */

const TAKES_OVER = new Set(['below-start', 'below-minimum', 'off-ladder', 'outsize']);

/**
 * The rung at or above `amount`.
 * @param {number} amount
 * @param {number} start
 * @param {number} increment
 */
export function rungAt(amount, start, increment) {
  if (amount <= start) return start;
  const over = (amount - start) % increment;
  return over === 0 ? amount : amount - over + increment;
}

/**
 * Whether so high a bid is asked about once more, as the server would (`room/rules.py`): a slip of a
 * digit is many steps above the minimum and far above the standing price, both.
 * @param {number} amount
 * @param {number | null} price the standing one, if any
 * @param {Pick<Terms, 'start' | 'increment' | 'steps' | 'bps'>} terms
 */
export function isOutsize(amount, price, { start, increment, steps, bps }) {
  const minimum = price === null ? start : price + increment;
  const standing = price ?? start;
  return amount > minimum + steps * increment
    && BigInt(amount - standing) * 10_000n > BigInt(standing) * BigInt(bps);
}

export class BidDesk {
  /**
   * @param {HTMLElement} panel
   * @param {RoomLink} link
   * @param {Terms} terms
   * @param {ReceiptDesk} receipts
   */
  constructor(panel, link, terms, receipts) {
    this.panel = panel;
    this.link = link;
    this.terms = terms;
    this.receipts = receipts;
    this.minimum = Number(panel.dataset.minimum);
    /** @type {number | null} */
    this.price = panel.dataset.price ? Number(panel.dataset.price) : null;
    this.leads = panel.dataset.leader === terms.code && terms.code !== '';
    this.isPending = false;
    this.form = find(panel, '[data-bid-form]', HTMLFormElement);
    this.input = find(panel, '[data-amount]', HTMLInputElement);
    this.button = find(panel, '[data-submit]', HTMLButtonElement);
    this.matchForm = find(panel, 'form[data-match]', HTMLFormElement);
    this.box = find(panel, '[data-answer]', HTMLElement);
    /** What the field was last filled with by us; what differs was typed and stays. */
    this.prefilled = parseMoney(this.input?.value ?? '');
    this.listen();
    this.showAmount();
  }

  listen() {
    this.form?.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.submit(this.typed());
    });
    this.matchForm?.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.submit(this.standing, true);
    });
    this.input?.addEventListener('input', () => {
      if (!this.isPending) this.hideAnswer();
      this.showAmount();
    });
    this.panel.querySelector('[data-lower]')?.addEventListener('click', () => this.step(-1));
    this.panel.querySelector('[data-higher]')?.addEventListener('click', () => this.step(1));
  }

  /** The standing price, or the start price while nothing stands. */
  get standing() {
    return this.price ?? this.terms.start;
  }

  /** What must be bid now with the form: above the standing price, even where a match would do. */
  get floor() {
    const matches = this.minimum === this.standing && this.link.seq > 0 && !this.leads;
    return matches ? this.standing + this.terms.increment : this.minimum;
  }

  typed() {
    return this.input ? parseMoney(this.input.value) : null;
  }

  /** @param {number} by */
  step(by) {
    const { start, increment } = this.terms;
    const now = this.typed() ?? this.floor;
    const next = by > 0
      ? rungAt(now + 1, start, increment)
      : rungAt(Math.max(now - increment, start), start, increment);
    this.fill(Math.max(next, this.floor));
  }

  /** @param {number} amount */
  fill(amount) {
    if (!this.input) return;
    this.prefilled = amount;
    this.input.value = plain(amount);
    this.showAmount();
  }

  showAmount() {
    const amount = this.typed();
    const words = this.panel.querySelector('[data-words]');
    const data = this.form?.dataset ?? {};
    if (words) words.textContent = amount === null ? data.wordUnclear ?? '' : moneyWords(amount);
    if (!this.button) return;
    this.button.disabled = amount === null || this.isPending;
    const template = (this.leads ? data.wordRaise : data.wordBid) ?? '{amount}';
    this.button.textContent = template.replace('{amount}', amount === null ? '' : formatMoney(amount));
  }

  /**
   * The sale has moved: a field nobody touched follows, what was typed stays.
   * @param {State} state
   */
  hear(state) {
    const wasPrefilled = this.typed() === this.prefilled;
    const led = this.leads;
    this.price = state.price;
    this.leads = state.leader === this.terms.code && this.terms.code !== '';
    if (state.minimum !== null) this.minimum = state.minimum;
    this.showStanding(led);
    this.button?.classList.toggle('button--secondary', this.leads);
    this.showMatch(state);
    const line = this.panel.querySelector('[data-floor-line]');
    if (line) line.textContent = (this.panel.dataset.wordFloor ?? '{minimum}').replace('{minimum}', formatMoney(this.floor));
    if (wasPrefilled && !this.isPending) this.fill(this.floor);
    else this.showAmount();
  }

  /** @param {boolean} led */
  showStanding(led) {
    for (const line of this.panel.querySelectorAll('[data-standing]')) {
      if (!(line instanceof HTMLElement)) continue;
      const isLeading = line.dataset.standing === 'leading';
      line.hidden = isLeading ? !this.leads : this.leads || !(led || !line.hidden);
    }
  }

  /** @param {State} state */
  showMatch(state) {
    if (!this.matchForm) return;
    const may = state.price !== null && this.minimum === state.price && !this.leads;
    this.matchForm.hidden = !may || this.isPending;
    if (may) this.button?.classList.add('button--secondary');
    const button = this.matchForm.querySelector('button');
    if (button) button.textContent = (button.dataset.word ?? '{amount}').replace('{amount}', formatMoney(this.standing));
  }

  /**
   * @param {number | null} amount
   * @param {boolean} [isMatch]
   */
  async submit(amount, isMatch = false) {
    if (amount === null || this.isPending) return;
    const offer = { lot: this.terms.lot, amount, key: newKey() };
    if (isMatch || !isOutsize(amount, this.price, this.terms)) await this.send(offer);
    else if (await confirmRaise(amount)) await this.send({ ...offer, confirm: amount });
  }

  /**
   * The server found the raise outsize though this page did not: the same offer, repeated amount.
   * @param {import('./bid-sender.js').Offer} offer
   */
  async confirmAndSend(offer) {
    if (await confirmRaise(offer.amount)) await this.send({ ...offer, confirm: offer.amount });
  }

  /** @param {import('./bid-sender.js').Offer} offer */
  async send(offer) {
    this.setPending(true);
    const data = this.box?.dataset ?? {};
    this.show('', data.wordPending, data.wordPendingMore);
    const answer = await sendBid(this.link, offer, () => this.show('', data.wordAgain, data.wordPendingMore));
    if (answer?.accepted) await this.showReceipt(answer, offer);
    this.setPending(false);
    if (answer === null) this.showUnknown(offer);
    else if (!answer.accepted) this.showRefusal(answer, offer);
    void this.link.watch();
    const isAsked = answer?.reason === 'outsize' && offer.confirm === undefined;
    if (isAsked) await this.confirmAndSend(offer);
  }

  /** @param {boolean} isPending */
  setPending(isPending) {
    this.isPending = isPending;
    if (this.button) this.button.hidden = isPending;
    if (this.matchForm && isPending) this.matchForm.hidden = true;
    if (this.input) this.input.readOnly = isPending;
    this.showAmount();
  }

  /**
   * Nothing is called confirmed before its receipt is verified; one that proves nothing is named.
   * @param {any} answer
   * @param {import('./bid-sender.js').Offer} offer
   */
  async showReceipt(answer, offer) {
    const data = this.box?.dataset ?? {};
    const receipt = answer.receipt ?? { seq: answer.seq, at: null };
    const { worth, kept } = await this.receipts.takeBid(receipt, offer.amount);
    const at = receipt.at ? beijing(Date.parse(receipt.at)) : '';
    const line = (data.wordReceipt ?? '').replace('{seq}', String(receipt.seq)).replace('{at}', at);
    const proof = { confirmed: data.wordProven, missing: data.wordMissing, unchecked: data.wordUnchecked };
    if (worth === 'false') this.show('refused', data.wordFalse, data.wordFalseMore);
    else this.show('accepted', `${data.wordAccepted} ${formatMoney(offer.amount)}`, `${line} ${proof[worth] ?? ''}`);
    this.prefilled = offer.amount; // taken: the field follows the sale again
    if (kept) this.offerFile(kept, kept.kind === 'bid' && worth === 'confirmed' ? 'tlog-proof' : 'json');
  }

  /**
   * @param {import('./receipts.js').Kept} kept
   * @param {'json' | 'tlog-proof'} form
   */
  offerFile(kept, form) {
    this.offerButton(this.box?.dataset.wordSave ?? '', () => {
      const { name, text } = fileOf(kept, form);
      saveFile(name, text, 'text/plain');
    });
  }

  /**
   * @param {any} answer
   * @param {import('./bid-sender.js').Offer} offer
   */
  showRefusal(answer, offer) {
    const data = this.box?.dataset ?? {};
    this.show('refused', data.wordRefused, answer.message ?? '');
    if (answer.receipt) void this.takeSealed(answer.receipt);
    const minimum = answer.state?.minimum;
    if (!TAKES_OVER.has(answer.reason) || typeof minimum !== 'number') return;
    const { start, increment } = this.terms;
    const fits = rungAt(Math.max(offer.amount, minimum), start, increment);
    this.offerButton((data.wordTake ?? '').replace('{amount}', formatMoney(fits)), () => {
      this.fill(fits);
      this.hideAnswer();
      this.button?.focus();
    });
  }

  /**
   * A refusal is recorded too, and its receipt kept; only one that proves nothing is spoken of.
   * @param {any} receipt
   */
  async takeSealed(receipt) {
    const { worth } = await this.receipts.takeSealed(receipt);
    const body = this.box?.querySelector('[data-answer-text]');
    if (worth === 'false' && body) body.append(` ${this.box?.dataset.wordFalseMore ?? ''}`);
  }

  /** @param {import('./bid-sender.js').Offer} offer */
  showUnknown(offer) {
    const data = this.box?.dataset ?? {};
    this.show('refused', data.wordUnknown, data.wordUnknownMore);
    this.offerButton(data.wordAsk ?? '', () => void this.send(offer));
  }

  /**
   * @param {'' | 'accepted' | 'refused'} tone
   * @param {string | undefined} title
   * @param {string | undefined} text
   */
  show(tone, title, text) {
    if (!this.box) return;
    this.box.hidden = false;
    this.box.className = tone ? `answer answer--${tone}` : 'answer';
    const heading = this.box.querySelector('.answer__title');
    const body = this.box.querySelector('[data-answer-text]');
    if (heading) heading.textContent = title ?? '';
    if (body) body.textContent = text ?? '';
    this.box.querySelector('[data-answer-buttons]')?.replaceChildren();
    // On a phone the panel is a low sheet that scrolls: the answer must not lie under its edge.
    requestAnimationFrame(() => this.box?.scrollIntoView({ block: 'nearest' }));
  }

  hideAnswer() {
    if (this.box) this.box.hidden = true;
  }

  /**
   * @param {string} label
   * @param {() => void} act
   */
  offerButton(label, act) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button button--secondary button--small';
    button.textContent = label;
    button.addEventListener('click', act);
    this.box?.querySelector('[data-answer-buttons]')?.append(button);
  }
}

/**
 * @template {HTMLElement} T
 * @param {HTMLElement} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T | null}
 */
function find(root, selector, kind) {
  const element = root.querySelector(selector);
  return element instanceof kind ? element : null;
}

/** @param {number} minor */
function plain(minor) {
  return formatMoney(minor).replace('¥', '');
}

/** @param {number} ms */
function beijing(ms) {
  return new Date(ms + 8 * 3600 * 1000).toISOString().slice(11, 23);
}
