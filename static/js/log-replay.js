// @ts-check
/**
 * A sale played again from its public log under the bidding rules: every bid must have been allowed
 * then, every close must be the one the rules give, the end must be what the bids made it. Limits
 * are not public, so an automatic bid is held to the ladder, to rank and to what caused it.
 */

import { LogFault, TERM_FIELDS, requireFields } from './log-lines.js';

/** @typedef {import('./log-lines.js').Entry} Entry */
/** @typedef {{ seq: number, n: number, price: number | null, leader: string | null, closes: number[] }} Standing */
/** @typedef {{ seq: number, n: number, at: number, code: string, amount: number, auto: boolean, match: boolean, extended: boolean, closesAt: number }} ReplayedBid */

const FINAL = new Set(['sold', 'unsold', 'withdrawn']);

export class Course {
  /** @param {Entry} open the first entry */
  constructor(open) {
    if (open.type !== 'open') throw new LogFault('no-opening-entry', 0, open.type);
    requireFields(open.terms, TERM_FIELDS, 0);
    this.sale = open.sale;
    this.lot = open.lot;
    this.key = open.key;
    this.terms = open.terms;
    this.opensAt = Date.parse(open.terms.opens_at);
    this.closesAt = Date.parse(open.terms.closes_at);
    if (this.closesAt <= this.opensAt) throw new LogFault('bad-terms', 0);
    /** @type {number | null} */
    this.price = null;
    /** @type {string | null} */
    this.leader = null;
    this.extensions = 0;
    this.hasOpened = false;
    /** @type {number | null} */
    this.suspendedAt = null;
    this.isWithdrawn = false;
    /** The status in `close`, once it is there. @type {string | null} */
    this.result = null;
    this.lastAt = Date.parse(open.at);
    /** Priority ranks by code. @type {Map<string, number | null>} */
    this.ranks = new Map();
    /** The last bid or resumption, which an automatic bid may name as its cause. @type {Entry | null} */
    this.trigger = null;
    /** @type {ReplayedBid[]} */
    this.bids = [];
    /** What stood after each bid (none first), with every close until the next. @type {Standing[]} */
    this.standings = [{ seq: 0, n: 0, price: null, leader: null, closes: [this.closesAt] }];
  }

  /** @param {Entry} entry the next one */
  take(entry) {
    const at = Date.parse(entry.at);
    if (entry.sale !== this.sale) throw new LogFault('other-sale', entry.n, entry.sale);
    if (at < this.lastAt) throw new LogFault('time-falls', entry.n, entry.at);
    if (this.result !== null && entry.type !== 'note') throw new LogFault('after-close', entry.n, entry.type);
    if (this.isWithdrawn && entry.type !== 'close' && entry.type !== 'note') {
      throw new LogFault('after-withdrawal', entry.n, entry.type);
    }
    this.openWhenDue(at);
    switch (entry.type) {
      case 'open': throw new LogFault('opened-twice', entry.n);
      case 'code': this.ranks.set(entry.code, entry.priority); break;
      case 'bid': this.takeBid(entry, at); break;
      case 'suspend': this.suspend(entry, at); break;
      case 'resume': this.resume(entry, at); break;
      case 'withdraw': this.withdraw(entry, at); break;
      case 'close': this.close(entry, at); break;
      default: break; // an amendment and a note change nothing of the course
    }
    this.lastAt = at;
  }

  /** @param {number} at */
  openWhenDue(at) {
    if (this.suspendedAt === null && !this.isWithdrawn && at >= this.opensAt) this.hasOpened = true;
  }

  /** @param {number} at */
  hasClosedBy(at) {
    return this.suspendedAt === null && at >= this.closesAt;
  }

  /**
   * @param {Entry} bid
   * @param {number} at
   */
  takeBid(bid, at) {
    if (bid.seq !== this.bids.length + 1) throw new LogFault('bid-number', bid.n, `seq = ${bid.seq}`);
    this.requireMoment(bid, at);
    this.requireAmount(bid);
    this.requireCause(bid);
    const isMatch = bid.amount === this.price;
    const isExtended = this.moveClose(at);
    requireClose(bid, this.closesAt);
    this.price = bid.amount;
    this.leader = bid.code;
    this.trigger = bid;
    this.bids.push({
      seq: bid.seq, n: bid.n, at, code: bid.code, amount: bid.amount, auto: bid.auto, match: isMatch,
      extended: isExtended, closesAt: this.closesAt,
    });
    this.standings.push({
      seq: bid.seq, n: bid.n, price: bid.amount, leader: bid.code, closes: [this.closesAt],
    });
  }

  /**
   * In the window, half open, of a sale that is not suspended (CN16-28.1).
   * @param {Entry} bid
   * @param {number} at
   */
  requireMoment(bid, at) {
    if (this.suspendedAt !== null) throw new LogFault('bid-while-suspended', bid.n);
    if (at < this.opensAt) throw new LogFault('bid-before-opening', bid.n);
    if (at >= this.closesAt) throw new LogFault('bid-after-close', bid.n);
  }

  /**
   * A rung of the ladder, above the standing price, or at it with a higher rank (CN16-20, CN16-21).
   * @param {Entry} bid
   */
  requireAmount(bid) {
    if (!this.ranks.has(bid.code)) throw new LogFault('unknown-code', bid.n, bid.code);
    const { start_price: start, increment } = this.terms;
    const leads = this.leader === bid.code;
    if (leads && !bid.auto && !this.terms.leader_raises) throw new LogFault('leader-raised', bid.n);
    let minimum = start;
    if (this.price !== null) minimum = this.outranksLeader(bid.code) ? this.price : this.price + increment;
    if (bid.amount < minimum) throw new LogFault('too-low', bid.n, `${bid.amount} < ${minimum}`);
    if ((bid.amount - start) % increment !== 0) throw new LogFault('off-ladder', bid.n, String(bid.amount));
  }

  /** @param {string} code */
  outranksLeader(code) {
    const own = this.ranks.get(code) ?? null;
    const leading = this.leader === null ? null : this.ranks.get(this.leader) ?? null;
    return own !== null && (leading === null || own < leading);
  }

  /**
   * Only an automatic bid has a cause: the entry right before it that called for it.
   * @param {Entry} bid
   */
  requireCause(bid) {
    if (bid.auto && !this.terms.instructions) throw new LogFault('no-instructions', bid.n);
    if (bid.cause === null) return;
    const cause = this.trigger;
    const fits = bid.auto && cause !== null && cause.n === bid.cause && cause.at === bid.at
      && !(cause.type === 'bid' && cause.auto);
    if (!fits) throw new LogFault('bad-cause', bid.n, `cause = ${bid.cause}`);
  }

  /**
   * In the extension window the close becomes the bid's time plus the extension, never earlier
   * (CN16-20.3); the first bid of a sell-off starts the countdown instead (CN455-6.1).
   * @param {number} at
   * @returns {boolean} whether the sale was extended
   */
  moveClose(at) {
    const { stage, countdown_s: countdown, extension_window_s: window_, extension_s: extension } = this.terms;
    if (this.price === null && stage === 'selloff') {
      this.closesAt = at + countdown * 1000;
      return false;
    }
    const extended = at + extension * 1000;
    if (this.closesAt - at > window_ * 1000 || extended <= this.closesAt) return false;
    this.closesAt = extended;
    this.extensions += 1;
    return true;
  }

  /**
   * @param {Entry} entry
   * @param {number} at
   */
  suspend(entry, at) {
    if (this.hasClosedBy(at)) throw new LogFault('after-end', entry.n);
    this.suspendedAt ??= at;
    requireClose(entry, this.closesAt);
  }

  /**
   * The suspended time inside the window is given back, one extension is left (CN16-28.4).
   * @param {Entry} entry
   * @param {number} at
   */
  resume(entry, at) {
    if (this.hasClosedBy(at)) throw new LogFault('after-end', entry.n);
    const halted = this.suspendedAt === null ? null : Math.max(this.suspendedAt, this.opensAt);
    this.suspendedAt = null;
    if (halted !== null && at >= this.opensAt) {
      this.closesAt = Math.max(this.closesAt + at - halted, at + this.terms.extension_s * 1000);
      if (!this.hasOpened) this.opensAt = at;
      this.hasOpened = true;
      this.standings[this.standings.length - 1].closes.push(this.closesAt);
    }
    this.trigger = entry;
    requireClose(entry, this.closesAt);
  }

  /**
   * @param {Entry} entry
   * @param {number} at
   */
  withdraw(entry, at) {
    if (this.hasClosedBy(at)) throw new LogFault('after-end', entry.n);
    this.isWithdrawn = true;
    requireClose(entry, this.closesAt);
  }

  /**
   * @param {Entry} entry
   * @param {number} at
   */
  close(entry, at) {
    if (this.suspendedAt !== null && !this.isWithdrawn) throw new LogFault('closed-while-suspended', entry.n);
    const due = this.isWithdrawn ? this.lastAt : Math.max(this.lastAt, this.closesAt);
    if (at !== due) throw new LogFault('closed-early', entry.n, `${entry.at} ≠ ${iso(due)}`);
    requireFields(entry.sealed, { size: 'count', root: 'text' }, entry.n);
    const sold = !this.isWithdrawn && this.price !== null;
    const status = this.isWithdrawn ? 'withdrawn' : sold ? 'sold' : 'unsold';
    const expected = /** @type {Record<string, any>} */ ({
      status, price: sold ? this.price : null, leader: sold ? this.leader : null,
      opens_at: iso(this.opensAt), closes_at: iso(this.closesAt), bids: this.bids.length,
      extensions: this.extensions, codes: this.ranks.size,
    });
    for (const [name, value] of Object.entries(expected)) {
      if (entry[name] !== value) throw new LogFault('bad-result', entry.n, `${name}: ${entry[name]} ≠ ${value}`);
    }
    this.result = status;
  }
}

/**
 * What a page shows must be what the log says stood after the same bid. A page may be some bids
 * behind a log that was fetched later, never ahead of it.
 * @param {Course} course
 * @param {{ status: string, seq: number, price: number | null, leader: string | null, closesAt: number }} page
 */
export function comparePage(course, page) {
  const standing = course.standings[page.seq];
  if (!standing) throw new LogFault('page-ahead', null, `${page.seq} > ${course.bids.length}`);
  if (FINAL.has(page.status) && course.result !== page.status) {
    throw new LogFault('page-status', null, `${page.status} ≠ ${course.result}`);
  }
  if (page.status !== 'withdrawn' && page.price !== standing.price) {
    throw new LogFault('page-price', standing.n, `${page.price} ≠ ${standing.price}`);
  }
  if (page.status !== 'withdrawn' && page.leader !== standing.leader) {
    throw new LogFault('page-leader', standing.n, `${page.leader} ≠ ${standing.leader}`);
  }
  if (!standing.closes.includes(page.closesAt)) {
    throw new LogFault('page-close', standing.n, `${iso(page.closesAt)} ≠ ${standing.closes.map(iso)}`);
  }
}

/**
 * @param {Entry} entry
 * @param {number} closesAt
 */
function requireClose(entry, closesAt) {
  if (Date.parse(entry.closes_at) !== closesAt) {
    throw new LogFault('bad-close', entry.n, `${entry.closes_at} ≠ ${iso(closesAt)}`);
  }
}

/** @param {number} ms */
function iso(ms) {
  return new Date(ms).toISOString();
}
