// @ts-check
/**
 * The page of a lot while its sale runs. What the server drew is kept right: price, leader, times,
 * bid list and plot move with the frames; when the sale changes its state (opens, is suspended,
 * resumes, ends) the whole panel is drawn again by the server, with its reasons and its one action.
 */

import { BidDesk } from './bid-desk.js';
import { addRows } from './bid-rows.js';
import { courtNow, mount as mountClock } from './clock.js';
import { mount as mountCountdown, say } from './countdown.js';
import { InstructDesk } from './instruct-desk.js';
import { showFinding, watchLog } from './log-alarm.js';
import { openShelf } from './log-memory.js';
import { formatMoney, moneyWords } from './money.js';
import { drawPlot, priceSteps } from './price-plot.js';
import { ReceiptDesk } from './receipt-desk.js';
import { RoomLink } from './room-link.js';

/** @typedef {import('./room-link.js').State} State */
/** @typedef {import('./room-link.js').Bid} Bid */
/** @typedef {import('./room-link.js').Condition} Condition */

const SPREAD_MS = 800;
const PLOT_EVERY_MS = 15_000;

/** @param {HTMLElement} page */
export function mount(page) {
  const panel = page.querySelector('[data-panel]');
  if (panel instanceof HTMLElement) new LiveRoom(page, panel).start();
}

class LiveRoom {
  /**
   * @param {HTMLElement} page
   * @param {HTMLElement} panel
   */
  constructor(page, panel) {
    this.page = page;
    this.panel = panel;
    /** @type {Bid[]} */
    this.bids = [];
    /** @type {State | null} */
    this.state = null;
    this.drawn = '';
    this.isDrawing = false;
    this.saidPastClose = false;
    this.isPlotDue = false;
    this.link = new RoomLink(page.dataset.lot ?? '', {
      onNews: (state, bids, isOwn) => this.hear(state, bids, isOwn),
      onCondition: (condition) => this.showCondition(condition),
      isForeign: (state) => this.isForeign(state),
    });
    const { lot = '', sale = '', code = '' } = panel.dataset;
    this.logWatch = watchLog(lot, sale);
    this.receipts = new ReceiptDesk(this.logWatch, { lot, sale, code });
    this.desk = this.makeDesk();
  }

  start() {
    this.logWatch.start();
    void this.link.open();
    setInterval(() => this.drawPlot(), PLOT_EVERY_MS);
    setInterval(() => this.watchTheClock(), 500);
  }

  makeDesk() {
    const data = this.panel.dataset;
    this.receipts.owner.code = data.code ?? ''; // who has just enrolled has one now
    const instruct = this.panel.querySelector('[data-instruct]');
    if (instruct instanceof HTMLElement) new InstructDesk(instruct, this.link, this.receipts);
    return new BidDesk(this.panel, this.link, {
      lot: data.lot ?? '',
      code: data.code ?? '',
      start: Number(data.start),
      increment: Number(data.increment),
      steps: Number(data.steps),
      bps: Number(data.bps),
    }, this.receipts);
  }

  /**
   * @param {State} state
   * @param {Bid[]} fresh
   * @param {boolean} isOwn
   */
  hear(state, fresh, isOwn) {
    const isNew = fresh.length > 0;
    this.state = state;
    this.bids.push(...fresh);
    const code = this.panel.dataset.code ?? '';
    const wasLeading = this.desk.leads;
    if (isNew) {
      this.showPrice(state);
      const table = document.getElementById('bid-rows');
      if (table instanceof HTMLTableElement) addRows(table, fresh, code);
      this.plotSoon();
    }
    this.showTimes(state);
    this.noteShown(state);
    void this.logWatch.hear(state.checkpoint);
    // A frame is for everybody; whoever holds a rank asks for their own minimum.
    if (this.panel.dataset.rank && !isOwn && isNew) void this.link.watch();
    const knowsOwn = isOwn || !this.panel.dataset.rank;
    if (knowsOwn) this.desk.hear(state);
    if (wasLeading && !this.desk.leads) say(`${this.textOf('[data-standing="outbid"]')} ${formatMoney(state.price ?? 0)}`);
    if (state.status !== this.panel.dataset.status) void this.redraw();
  }

  /** @param {State} state */
  showPrice(state) {
    const place = this.panel.querySelector('[data-price]');
    if (!(place instanceof HTMLElement) || state.price === null) return;
    const digits = place.querySelector('.money__digits');
    const words = place.querySelector('.money__words');
    const [whole, fen] = formatMoney(state.price).split('.');
    if (digits) {
      const small = document.createElement('span');
      small.className = 'money__fen';
      small.textContent = `.${fen}`;
      digits.replaceChildren(whole, small);
      digits.setAttribute('value', String(state.price));
    }
    if (words) words.textContent = moneyWords(state.price);
    const label = this.panel.querySelector('[data-price-label]');
    if (label && place.dataset.wordStanding) label.textContent = place.dataset.wordStanding;
    settle(place);
    this.write('[data-leader]', state.leader ?? '—');
    this.write('[data-bid-count]', String(state.seq));
  }

  /**
   * A page that slept through the end of its sale hears of the lot's next one: it reads itself again.
   * Once: if that does not help, the platform answers with a log that is not this sale's.
   * @param {State} state
   */
  isForeign(state) {
    const { sale = '' } = this.panel.dataset;
    const origin = state.checkpoint?.split('\n', 1)[0] ?? '';
    if (origin === '' || origin.endsWith(`/sale/${sale}`)) return false;
    const shelf = openShelf('sessionStorage');
    if (shelf.getItem('read-again') === sale) return false;
    shelf.setItem('read-again', sale);
    location.reload();
    return true;
  }

  /**
   * What the page shows now, where the check of the log reads it.
   * @param {State} state
   */
  noteShown(state) {
    const data = this.panel.dataset;
    data.seq = String(state.seq);
    data.closes = state.closes_at;
    if (state.price === null) return;
    data.price = String(state.price);
    data.leader = state.leader ?? '';
  }

  /** @param {State} state */
  showTimes(state) {
    const clock = this.panel.querySelector('[data-closing] [data-countdown]');
    if (!(clock instanceof HTMLElement) || clock.dataset.countdown === state.closes_at) return;
    clock.dataset.countdown = state.closes_at;
    clock.setAttribute('datetime', state.closes_at);
    this.saidPastClose = false;
    const text = this.panel.querySelector('[data-closes-text] time');
    if (text) {
      text.setAttribute('datetime', state.closes_at);
      text.textContent = new Date(Date.parse(state.closes_at) + 8 * 3600 * 1000)
        .toISOString().slice(0, 19).replace('T', ' ');
      settle(text);
    }
  }

  /** Many frames in a moment are one picture. */
  plotSoon() {
    if (this.isPlotDue) return;
    this.isPlotDue = true;
    requestAnimationFrame(() => { this.isPlotDue = false; this.drawPlot(); });
  }

  drawPlot() {
    const figure = this.page.querySelector('[data-plot]');
    if (!figure || !this.state || this.bids.length === 0) return;
    const points = this.bids.map((bid) => ({ at: Date.parse(bid.at), amount: bid.amount }));
    const { opens_at: opens, closes_at: closes } = this.state;
    drawPlot(figure, priceSteps(
      points, Number(this.panel.dataset.start), Date.parse(opens), Date.parse(closes), courtNow(),
    ));
  }

  /** The opening and the close change what a reader may do, though no bid has come. */
  watchTheClock() {
    if (!this.state || this.isDrawing) return;
    const { status, opens_at: opens, closes_at: closes } = this.state;
    const now = courtNow();
    const opened = this.panel.dataset.status === 'scheduled' && now > Date.parse(opens) + 200;
    const closed = status === 'open' && now > Date.parse(closes) + 200 && !this.saidPastClose;
    if (closed) this.saidPastClose = true;
    if (closed || (opened && status === 'scheduled')) void this.link.watch().then(() => this.redraw());
  }

  /** Draws the panel again from the server; all readers at once would be a rush, so they spread. */
  async redraw() {
    if (this.isDrawing || this.desk.isPending) {
      setTimeout(() => { if (this.state && this.state.status !== this.panel.dataset.status) void this.redraw(); }, 1000);
      return;
    }
    this.isDrawing = true;
    const spread = this.panel.dataset.code ? 0 : Math.random() * SPREAD_MS;
    await new Promise((go) => { setTimeout(go, spread); });
    const html = await fetchText(this.page.dataset.panelHref ?? '');
    this.isDrawing = false;
    if (html !== null) this.replacePanel(html);
    else setTimeout(() => void this.redraw(), 2000);
  }

  /** @param {string} html */
  replacePanel(html) {
    const parsed = new DOMParser().parseFromString(html, 'text/html');
    const fresh = parsed.querySelector('[data-panel]');
    if (!(fresh instanceof HTMLElement)) return;
    // A receipt stays in sight; what was refused before has nothing more to offer.
    const answer = this.panel.querySelector('.answer--accepted[data-answer]:not([hidden])');
    const held = document.activeElement instanceof HTMLElement && this.panel.contains(document.activeElement);
    this.panel.replaceWith(fresh);
    this.panel = fresh;
    if (answer) {
      const place = fresh.querySelector('[data-answer]');
      if (place) place.replaceWith(answer);
      else fresh.querySelector('[data-action]')?.append(answer);
    }
    for (const clock of fresh.querySelectorAll('[data-countdown]')) if (clock instanceof HTMLElement) mountCountdown(clock);
    for (const line of fresh.querySelectorAll('.connection')) if (line instanceof HTMLElement) mountClock(line);
    this.desk = this.makeDesk();
    showFinding();
    const spoken = this.textOf('.state-line') || this.textOf('.badge');
    if (spoken) say(spoken);
    if (held) fresh.querySelector('input, a, button')?.dispatchEvent(new Event('focus'));
  }

  /** @param {Condition} condition */
  showCondition(condition) {
    const line = this.panel.querySelector('.connection');
    if (!(line instanceof HTMLElement)) return;
    const shown = condition === 'live' && this.state?.status === 'suspended' ? 'suspended' : condition;
    if (line.dataset.state === shown) return;
    line.dataset.state = shown;
    const words = /** @type {Record<string, string | undefined>} */ ({
      live: line.dataset.wordLive,
      reconnecting: line.dataset.wordReconnecting,
      stale: line.dataset.wordStale,
      suspended: line.dataset.wordSuspended,
    });
    const word = line.querySelector('.connection__state');
    if (word) word.textContent = words[shown] ?? '';
    const price = this.panel.querySelector('[data-price]');
    if (price instanceof HTMLElement) price.dataset.stale = String(shown === 'stale');
  }

  /**
   * @param {string} selector
   * @param {string} text
   */
  write(selector, text) {
    const element = this.panel.querySelector(selector);
    if (element && element.textContent !== text) element.textContent = text;
  }

  /** @param {string} selector */
  textOf(selector) {
    return this.panel.querySelector(selector)?.textContent?.trim() ?? '';
  }
}

/** @param {string} address */
async function fetchText(address) {
  try {
    const answer = await fetch(address, { cache: 'no-store' });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

/** @param {Element} element */
function settle(element) {
  element.classList.remove('settles');
  void element.getBoundingClientRect();
  element.classList.add('settles');
}
