// @ts-check
/**
 * The link to a live sale: Socket.IO while it holds, questions over HTTP while it does not. Frames
 * are hints; their truth is `seq`. A gap is closed by asking `watch` for what came after, and when
 * nothing is heard for too long the page says that it may be out of date.
 */

import { hearTime } from './clock.js';

const STALE_MS = 1750; // a beat comes every second; with CHECK_MS two seconds of silence are seen
const POLL_AFTER_MS = 3000;
const POLL_MS = 1000;
const CHECK_MS = 250;
const ASK_MS = 5000;

/**
 * @typedef {object} State
 * @property {string} status
 * @property {number | null} price
 * @property {string | null} leader
 * @property {string} opens_at
 * @property {string} closes_at
 * @property {number} seq
 * @property {number | null} minimum
 * @property {string} now
 * @property {string} [checkpoint] the log's newest signed checkpoint
 */
/**
 * @typedef {object} Bid
 * @property {number} seq
 * @property {string} at
 * @property {string} code
 * @property {number} amount
 * @property {boolean} auto
 * @property {boolean} match
 * @property {boolean} extended
 * @property {string} closes_at
 */
/** @typedef {'live' | 'reconnecting' | 'stale'} Condition */
/**
 * @typedef {object} Listener
 * @property {(state: State, bids: Bid[], isOwn: boolean) => void} onNews
 *   `isOwn`: the state's minimum is this person's, rank counted
 * @property {(condition: Condition) => void} onCondition
 * @property {(state: State) => boolean} isForeign whether this is news of another sale of the lot
 */

const FINAL = new Set(['sold', 'unsold', 'withdrawn']);

export class RoomLink {
  /**
   * @param {string} lot
   * @param {Listener} listener
   */
  constructor(lot, listener) {
    this.lot = lot;
    this.listener = listener;
    this.seq = 0;
    this.isOver = false;
    this.isAsking = false;
    this.heardAt = Date.now();
    this.brokenAt = Date.now();
    this.polledAt = 0;
    /** @type {any} */
    this.socket = null;
    setInterval(() => this.check(), CHECK_MS);
  }

  /** Whether the socket stands right now. */
  get isConnected() {
    return this.socket?.connected === true;
  }

  /** Opens the socket; where there is no client for it, questions over HTTP take its place. */
  async open() {
    if (!('io' in window)) {
      await new Promise((go) => {
        if (document.readyState === 'complete') go(null);
        else window.addEventListener('load', go, { once: true });
      });
    }
    const io = /** @type {any} */ (window).io;
    if (typeof io !== 'function') return;
    this.socket = io({
      transports: ['websocket'], timeout: 5000,
      // Half to one and a half times each pause: a thousand pages do not come back as one.
      reconnectionDelay: 300, reconnectionDelayMax: 3000, randomizationFactor: 0.5,
    });
    this.socket.on('connect', () => void this.watch());
    this.socket.on('disconnect', () => { this.brokenAt = Date.now(); });
    // Full: who only watches asks over HTTP, and comes back when there may be room again.
    this.socket.on('connect_error', (/** @type {any} */ refusal) => {
      const wait = refusal?.data?.retry_after;
      if (wait) setTimeout(() => this.socket.connect(), wait * (500 + 1000 * Math.random()));
    });
    this.socket.on('lot', (/** @type {any} */ frame) => {
      if (frame?.lot === this.lot) this.take(frame.state, frame.bids, false);
    });
  }

  /**
   * Asks for the state and whatever came after what is known; joins questions that overlap.
   */
  async watch() {
    if (this.isAsking) return;
    this.isAsking = true;
    const answer = await this.ask('watch', { lot: this.lot, after: this.seq || null });
    this.isAsking = false;
    if (answer?.ok) this.take(answer.state, answer.bids, true);
  }

  /**
   * Sends an event and returns its answer; null when none came.
   * @param {string} event
   * @param {object} payload
   * @returns {Promise<any>}
   */
  ask(event, payload) {
    if (!this.isConnected) return Promise.resolve(null);
    return new Promise((answer) => {
      this.socket.timeout(ASK_MS).emit(event, payload, (/** @type {any} */ error, /** @type {any} */ reply) => {
        if (!error) this.heardAt = Date.now();
        answer(error ? null : reply);
      });
    });
  }

  /**
   * News in whatever order: what is older than what is known is dropped, a gap is asked for.
   * An answer that stops short (there is a limit to one) is taken as far as it goes.
   * @param {State} state
   * @param {Bid[]} bids
   * @param {boolean} isOwn
   * @param {boolean} [isAnswer] whether this was asked for, so that it begins where we stand
   */
  take(state, bids, isOwn, isAnswer = isOwn) {
    this.heardAt = Date.now();
    hearTime(state.now);
    if (this.listener.isForeign(state)) return;
    const fresh = bids.filter((bid) => bid.seq > this.seq);
    const hasGap = fresh.length > 0 && fresh[0].seq > this.seq + 1;
    if (hasGap || state.seq > this.seq + fresh.length) {
      const isPart = isAnswer && !hasGap && fresh.length > 0;
      if (isPart) {
        this.seq = fresh[fresh.length - 1].seq;
        this.listener.onNews({ ...state, seq: this.seq }, fresh, isOwn);
      }
      if (isPart || !isAnswer) void this.watch();
      return;
    }
    if (state.seq < this.seq) return;
    this.seq = state.seq;
    this.isOver = FINAL.has(state.status);
    this.listener.onNews(state, fresh, isOwn);
  }

  check() {
    if (this.isOver) {
      this.listener.onCondition('live');
      return;
    }
    const now = Date.now();
    const silent = now - this.heardAt > STALE_MS;
    const condition = silent ? 'stale' : this.isConnected ? 'live' : 'reconnecting';
    this.listener.onCondition(condition);
    const deaf = this.isConnected ? silent : now - this.brokenAt > POLL_AFTER_MS;
    if (deaf && now - this.polledAt > POLL_MS) void this.poll(now);
  }

  /** @param {number} now */
  async poll(now) {
    this.polledAt = now;
    try {
      const address = `/api/v1/lots/${encodeURIComponent(this.lot)}/bids?after=${this.seq}`;
      const answer = await fetch(address, { cache: 'no-store' });
      if (!answer.ok) return;
      const { state, bids } = await answer.json();
      this.take(state, bids, false, true);
    } catch {
      // Offline: `check` has said so already, and asks again.
    }
  }
}
