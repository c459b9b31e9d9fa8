// @ts-check
/**
 * Plays a sale again: scrub bid by bid, jump from mark to mark, or let time run. The staircase is
 * drawn once and uncovered by a clip, one step of the page a frame, and the table shows a page of
 * rows at a time: five thousand bids cost no more than five.
 */

import { RowPages } from './replay-rows.js';
import { nextMark, playTimes, readSteps, stepsBy, strokes } from './replay-course.js';
import { formatMoney } from './money.js';
import { anchor, percent, scaleOf } from './price-plot.js';

/** @typedef {import('./replay-course.js').Step} Step */

const SVG = 'http://www.w3.org/2000/svg';

/** @param {HTMLElement} stage */
export async function mount(stage) {
  const rows = await fetchRows(stage.dataset.href ?? '');
  if (rows?.length) new Replay(stage, readSteps(rows)).start();
}

/** @param {string} address */
async function fetchRows(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? (await answer.json()).bids : null;
  } catch {
    return null; // The table of the page, and its pages, do without.
  }
}

class Replay {
  /**
   * @param {HTMLElement} stage
   * @param {Step[]} steps
   */
  constructor(stage, steps) {
    this.stage = stage;
    this.steps = steps;
    this.opens = Date.parse(stage.dataset.opens ?? '');
    this.scale = scaleOf(steps, Number(stage.dataset.start), this.opens, Date.parse(stage.dataset.closes ?? ''));
    this.position = steps.length;
    this.times = playTimes(steps, this.opens, this.speed());
    this.frame = 0;
    this.scrub = /** @type {HTMLInputElement | null} */ (stage.querySelector('[data-replay-scrub]'));
    this.button = stage.querySelector('[data-replay-play]');
    this.rows = RowPages.of(document.getElementById('replay-rows'), steps, (seq) => { this.pause(); this.goTo(seq); });
    this.clip = this.prepareCanvas();
  }

  start() {
    if (!this.scrub) return;
    const on = (/** @type {string} */ name, /** @type {() => number} */ place) => {
      const act = () => { this.pause(); this.goTo(place()); };
      this.stage.querySelector(`[data-replay-${name}]`)?.addEventListener('click', act);
    };
    on('first', () => 0);
    on('previous', () => this.position - 1);
    on('next', () => this.position + 1);
    on('mark', () => nextMark(this.steps, this.position));
    this.button?.addEventListener('click', () => this.toggle());
    this.scrub.addEventListener('input', () => { this.pause(); this.goTo(Number(this.scrub?.value)); });
    this.scrub.addEventListener('keydown', (event) => {
      if (event.key !== ' ') return;
      event.preventDefault();
      this.toggle();
    });
    // The arrows work on the buttons too, as the hint below them says; the bar and the list have their own.
    this.stage.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || !(event.target instanceof HTMLButtonElement)) return;
      event.preventDefault();
      this.pause();
      this.goTo(this.position + step);
    });
    this.stage.querySelector('[data-replay-speed]')?.addEventListener('change', () => this.changeSpeed());
    for (const part of this.stage.querySelectorAll('[data-replay-ready]')) part.removeAttribute('hidden');
    this.goTo(this.steps.length);
  }

  speed() {
    const select = this.stage.querySelector('[data-replay-speed]');
    const speed = select instanceof HTMLSelectElement ? Number(select.value) : 600;
    return speed > 0 ? speed : null;
  }

  changeSpeed() {
    this.times = playTimes(this.steps, this.opens, this.speed());
    if (!this.frame) return;
    this.pause();
    this.play();
  }

  toggle() {
    if (this.frame) this.pause();
    else this.play();
  }

  play() {
    if (this.position >= this.steps.length) this.goTo(0);
    this.sayPlaying(true);
    const played = this.position > 0 ? this.times[this.position - 1] : 0;
    const began = performance.now() - played;
    const next = (/** @type {number} */ now) => {
      const position = Math.max(stepsBy(this.times, now - began), this.position);
      if (position !== this.position) this.goTo(position);
      if (position >= this.steps.length) this.pause();
      else this.frame = requestAnimationFrame(next);
    };
    this.frame = requestAnimationFrame(next);
  }

  pause() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.sayPlaying(false);
  }

  /** @param {boolean} isPlaying */
  sayPlaying(isPlaying) {
    const { wordPause = '', wordPlay = '' } = this.stage.dataset;
    if (this.button) this.button.textContent = isPlaying ? wordPause : wordPlay;
  }

  /** @param {number} wanted how many bids are on the table */
  goTo(wanted) {
    this.position = Math.min(Math.max(wanted, 0), this.steps.length);
    const step = this.steps[this.position - 1];
    const sentence = this.sentence(step);
    if (this.scrub) {
      this.scrub.value = String(this.position);
      this.scrub.setAttribute('aria-valuetext', step ? `${sentence} ${step.code} ${formatMoney(step.amount)}` : sentence);
    }
    this.write('at', sentence);
    this.write('price', formatMoney(step ? step.amount : Number(this.stage.dataset.start)));
    this.write('code', step ? step.code : '');
    for (const mark of this.stage.querySelectorAll('[data-replay-shows]')) {
      if (!(mark instanceof HTMLElement)) continue;
      mark.hidden = !step?.[/** @type {'extended' | 'match' | 'auto'} */ (mark.dataset.replayShows)];
    }
    this.uncover(step);
    this.rows?.show(this.position);
  }

  /** @param {Step | undefined} step */
  sentence(step) {
    const data = this.stage.dataset;
    if (!step) return data.wordBefore ?? '';
    return (data.wordAt ?? '')
      .replace('{seq}', String(step.seq))
      .replace('{all}', String(this.steps.length))
      .replace('{at}', new Date(step.at + 8 * 3600 * 1000).toISOString().slice(0, 23).replace('T', ' '));
  }

  /** @param {Step | undefined} step */
  uncover(step) {
    const reach = step ? this.scale.xOf(step.at) : 0;
    const isWhole = this.position === this.steps.length;
    this.clip?.setAttribute('width', isWhole ? '1001' : String(reach + (step ? 1 : 0)));
    const dot = this.stage.querySelector('.plot__dot--last');
    const value = this.stage.querySelector('.plot__value');
    if (!dot || !value) return;
    dot.setAttribute('visibility', step ? 'visible' : 'hidden');
    value.textContent = step ? formatMoney(step.amount) : '';
    if (!step) return;
    const [x, y] = [percent(reach), percent(this.scale.yOf(step.amount))];
    for (const [name, place] of /** @type {const} */ ([['cx', x], ['cy', y]])) dot.setAttribute(name, place);
    for (const [name, place] of /** @type {const} */ ([['x', x], ['y', y]])) value.setAttribute(name, place);
    value.setAttribute('text-anchor', anchor(reach));
  }

  /** The clip that uncovers the staircase, and the strokes that mark extensions and matches. */
  prepareCanvas() {
    const canvas = this.stage.querySelector('.plot__line')?.closest('svg');
    if (!canvas) return null;
    const clip = document.createElementNS(SVG, 'clipPath');
    const window_ = draw('rect', { x: '0', y: '-20', width: '1001', height: '1040' });
    clip.id = 'replay-clip';
    clip.append(window_);
    canvas.prepend(clip);
    const places = (/** @type {'extended' | 'match'} */ name, /** @type {(step: Step) => number} */ yOf) =>
      this.steps.filter((step) => step[name]).map((step) => ({ x: this.scale.xOf(step.at), y: yOf(step) }));
    canvas.append(
      draw('path', { class: 'plot__extension', d: strokes(places('extended', () => 1000), 40, 0) }),
      draw('path', { class: 'plot__match', d: strokes(places('match', (step) => this.scale.yOf(step.amount)), 40, 40) }),
    );
    for (const path of canvas.querySelectorAll('path')) path.setAttribute('clip-path', 'url(#replay-clip)');
    return window_;
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
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function draw(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
