// @ts-check
/**
 * Plays a sale again from the table below it: scrub bid by bid, or let time run, with long silences
 * skipped. The whole staircase is drawn once and uncovered by a clip, so five thousand bids cost no
 * more than five.
 */

import { formatMoney } from './money.js';

/**
 * @typedef {object} Line
 * @property {number} seq
 * @property {number} at
 * @property {number} amount
 * @property {string} code
 * @property {string} time
 * @property {{ extended: boolean, match: boolean, auto: boolean }} marks
 * @property {HTMLTableRowElement} row
 */

const LONGEST_SILENCE_MS = 1200;

/** @param {HTMLElement} stage */
export function mount(stage) {
  const table = document.getElementById('replay-rows');
  if (table instanceof HTMLTableElement) new Replay(stage, readLines(table)).start();
}

/** @param {HTMLTableElement} table */
function readLines(table) {
  /** @type {Line[]} */
  const lines = [];
  for (const row of table.tBodies[0].rows) {
    const { seq, at, amount, code } = row.dataset;
    if (!seq || !at || !amount || !code) continue;
    lines.push({
      seq: Number(seq),
      at: Date.parse(at),
      amount: Number(amount),
      code,
      time: row.querySelector('time')?.textContent ?? '',
      marks: {
        extended: 'extended' in row.dataset, match: 'match' in row.dataset, auto: 'auto' in row.dataset,
      },
      row,
    });
  }
  return lines;
}

class Replay {
  /**
   * @param {HTMLElement} stage
   * @param {Line[]} lines
   */
  constructor(stage, lines) {
    this.stage = stage;
    this.lines = lines;
    this.opens = Date.parse(stage.dataset.opens ?? '');
    this.ends = Math.max(Date.parse(stage.dataset.closes ?? ''), lines[lines.length - 1]?.at ?? 0);
    this.position = lines.length;
    this.timer = 0;
    this.scrub = /** @type {HTMLInputElement | null} */ (stage.querySelector('[data-replay-scrub]'));
    this.button = stage.querySelector('[data-replay-play]');
    this.path = stage.querySelector('.plot__line');
    this.clip = makeClip(stage);
    /** Heights of the staircase by bid, as the server drew them. */
    this.heights = heightsOf(this.path?.getAttribute('d') ?? '');
  }

  start() {
    if (!this.scrub || this.lines.length === 0) return;
    const on = (/** @type {string} */ name, /** @type {() => void} */ act) =>
      this.stage.querySelector(`[data-replay-${name}]`)?.addEventListener('click', act);
    this.scrub.addEventListener('input', () => { this.pause(); this.goTo(Number(this.scrub?.value)); });
    on('play', () => this.toggle());
    on('first', () => { this.pause(); this.goTo(0); });
    on('previous', () => { this.pause(); this.goTo(this.position - 1); });
    on('next', () => { this.pause(); this.goTo(this.position + 1); });
    this.stage.addEventListener('keydown', (event) => this.press(event));
    this.goTo(this.lines.length);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.key !== ' ' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    this.toggle();
  }

  toggle() {
    if (this.timer) this.pause();
    else {
      if (this.position >= this.lines.length) this.goTo(0);
      this.sayPlaying(true);
      this.wait();
    }
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.sayPlaying(false);
  }

  wait() {
    const next = this.lines[this.position];
    if (!next) {
      this.pause();
      return;
    }
    const before = this.position > 0 ? this.lines[this.position - 1].at : this.opens;
    const select = this.stage.querySelector('[data-replay-speed]');
    const speed = select instanceof HTMLSelectElement ? Number(select.value) : 600;
    const span = Math.min(Math.max((next.at - before) / speed, 30), LONGEST_SILENCE_MS);
    this.timer = window.setTimeout(() => {
      this.goTo(this.position + 1);
      this.wait();
    }, span);
  }

  /** @param {boolean} isPlaying */
  sayPlaying(isPlaying) {
    if (!this.button) return;
    this.button.textContent = (isPlaying ? this.stage.dataset.wordPause : this.stage.dataset.wordPlay) ?? '';
  }

  /** @param {number} wanted how many bids are on the table */
  goTo(wanted) {
    this.lines[this.position - 1]?.row.classList.remove('is-now');
    this.position = Math.min(Math.max(wanted, 0), this.lines.length);
    const line = this.lines[this.position - 1];
    line?.row.classList.add('is-now');
    if (this.scrub) {
      this.scrub.value = String(this.position);
      this.scrub.setAttribute('aria-valuetext', this.sentence(line));
    }
    this.write('at', this.sentence(line));
    this.write('price', formatMoney(line ? line.amount : Number(this.stage.dataset.start)));
    this.write('code', line ? line.code : '');
    for (const mark of this.stage.querySelectorAll('[data-replay-mark]')) {
      if (!(mark instanceof HTMLElement)) continue;
      const name = /** @type {'extended' | 'match' | 'auto'} */ (mark.dataset.replayMark);
      mark.hidden = !line?.marks[name];
    }
    this.uncover(line);
  }

  /** @param {Line | undefined} line */
  sentence(line) {
    const data = this.stage.dataset;
    if (!line) return data.wordBefore ?? '';
    return (data.wordAt ?? '')
      .replace('{seq}', String(line.seq))
      .replace('{all}', String(this.lines.length))
      .replace('{at}', line.time);
  }

  /** @param {Line | undefined} line */
  uncover(line) {
    const isWhole = this.position === this.lines.length;
    const reach = line ? Math.floor(((line.at - this.opens) * 1000) / Math.max(this.ends - this.opens, 1)) : 0;
    this.clip?.setAttribute('width', isWhole ? '1001' : String(Math.max(reach, 0) + (line ? 1 : 0)));
    const dot = this.stage.querySelector('.plot__dot--last');
    const value = this.stage.querySelector('.plot__value');
    const y = this.heights[this.position - 1];
    if (!dot || !value) return;
    dot.setAttribute('visibility', line ? 'visible' : 'hidden');
    value.textContent = line ? formatMoney(line.amount) : '';
    if (!line || y === undefined) return;
    for (const [element, ax, ay] of /** @type {[Element, string, string][]} */ ([[dot, 'cx', 'cy'], [value, 'x', 'y']])) {
      element.setAttribute(ax, `${reach / 10}%`);
      element.setAttribute(ay, `${y / 10}%`);
    }
    value.setAttribute('text-anchor', reach < 150 ? 'start' : reach > 850 ? 'end' : 'middle');
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  write(name, text) {
    const element = this.stage.querySelector(`[data-replay-${name}]`);
    if (element) element.textContent = text;
  }
}

/**
 * The height of each step of `M0 1000H12V950…H900`.
 * @param {string} path
 */
export function heightsOf(path) {
  const first = /^M\d+ (\d+)/.exec(path);
  const rest = [...path.matchAll(/V(\d+)/g)].map((found) => Number(found[1]));
  return first ? [Number(first[1]), ...rest] : [];
}

/** @param {HTMLElement} stage */
function makeClip(stage) {
  const line = stage.querySelector('.plot__line');
  const canvas = line?.closest('svg');
  if (!line || !canvas) return null;
  const space = 'http://www.w3.org/2000/svg';
  const clip = document.createElementNS(space, 'clipPath');
  const window_ = document.createElementNS(space, 'rect');
  clip.id = 'replay-clip';
  for (const [name, value] of Object.entries({ x: '0', y: '-20', width: '1001', height: '1040' })) window_.setAttribute(name, value);
  clip.append(window_);
  canvas.prepend(clip);
  for (const path of canvas.querySelectorAll('path')) path.setAttribute('clip-path', 'url(#replay-clip)');
  return window_;
}
