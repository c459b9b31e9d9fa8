// @ts-check
/**
 * The bidding form made live: amounts in steps, digits and words, one button, and an answer that is
 * a receipt, a named refusal with what would be accepted, or an honest "not known yet".
 */

import { newKey, sendBid } from './bid-sender.js';
import { formatMoney, moneyWords, parseMoney } from './money.js';

/** @typedef {import('./room-link.js').RoomLink} RoomLink */
/** @typedef {import('./room-link.js').State} State */
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
 * Whether so high a bid is asked about once more, as the server would (`room/rules.py`).
 * @param {number} amount
 * @param {number} minimum
 * @param {number} standing
 * @param {Terms} terms
 */
export function isOutsize(amount, minimum, standing, terms) {
  if (terms.steps > 0 && amount > minimum + terms.steps * terms.increment) return true;
  return terms.bps > 0
    && BigInt(amount - standing) * 10_000n > BigInt(standing) * BigInt(terms.bps);
}

export class BidDesk {
  /**
   * @param {HTMLElement} panel
   * @param {RoomLink} link
   * @param {Terms} terms
   */
  constructor(panel, link, terms) {
    this.panel = panel;
    this.link = link;
    this.terms = terms;
    this.minimum = Number(panel.dataset.minimum);
    this.standing = Number(panel.dataset.price || panel.dataset.start);
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
    this.listenForLimits();
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
    this.standing = state.price ?? this.terms.start;
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
    const asks = !isMatch && isOutsize(amount, this.minimum, this.standing, this.terms);
    if (asks && !(await confirmRaise(amount))) return;
    await this.send({ lot: this.terms.lot, amount, key: newKey() });
  }

  /** @param {import('./bid-sender.js').Offer} offer */
  async send(offer) {
    this.setPending(true);
    const data = this.box?.dataset ?? {};
    this.show('', data.wordPending, data.wordPendingMore);
    const answer = await sendBid(this.link, offer, () => this.show('', data.wordAgain, data.wordPendingMore));
    this.setPending(false);
    if (answer === null) this.showUnknown(offer);
    else if (answer.accepted) this.showReceipt(answer, offer);
    else this.showRefusal(answer, offer);
    void this.link.watch();
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
   * @param {any} answer
   * @param {import('./bid-sender.js').Offer} offer
   */
  showReceipt(answer, offer) {
    const data = this.box?.dataset ?? {};
    const receipt = answer.receipt ?? { seq: answer.seq, at: null };
    const at = receipt.at ? beijing(Date.parse(receipt.at)) : '';
    const line = (data.wordReceipt ?? '').replace('{seq}', String(receipt.seq)).replace('{at}', at);
    this.show('accepted', `${data.wordAccepted} ${formatMoney(offer.amount)}`, line);
    this.prefilled = offer.amount; // taken: the field follows the sale again
  }

  /**
   * @param {any} answer
   * @param {import('./bid-sender.js').Offer} offer
   */
  showRefusal(answer, offer) {
    const data = this.box?.dataset ?? {};
    this.show('refused', data.wordRefused, answer.message ?? '');
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

  listenForLimits() {
    const part = find(this.panel, '[data-instruct]', HTMLElement);
    const limit = find(this.panel, '[data-limit]', HTMLInputElement);
    const words = part?.querySelector('[data-limit-words]');
    const said = part?.querySelector('[data-limit-answer]');
    if (!part || !limit || !words || !said) return;
    const data = part.dataset;
    limit.addEventListener('input', () => {
      const amount = parseMoney(limit.value);
      words.textContent = amount === null ? data.wordUnclear ?? '' : moneyWords(amount);
    });
    const tell = async (/** @type {string} */ event, /** @type {object} */ payload, /** @type {string} */ done) => {
      const answer = await this.link.ask(event, { lot: this.terms.lot, ...payload });
      said.textContent = answer === null
        ? this.box?.dataset.wordNetwork ?? ''
        : answer.accepted ? done : answer.message ?? '';
    };
    part.querySelector('[data-set-limit]')?.addEventListener('click', () => {
      const amount = parseMoney(limit.value);
      if (amount === null) return;
      void tell('instruct', { limit: amount }, (data.wordSet ?? '').replace('{amount}', formatMoney(amount)));
    });
    part.querySelector('[data-cancel-limit]')?.addEventListener('click', () => {
      void tell('cancel', {}, data.wordCancelled ?? '');
    });
  }
}

/**
 * Asks once more before an unusually large bid; true when it is meant.
 * @param {number} amount
 * @returns {Promise<boolean>}
 */
function confirmRaise(amount) {
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
