// @ts-check
/** The table behind the replay: one page of rows at a time, following the bid that is shown. */

import { rowOf } from './bid-rows.js';

/** @typedef {import('./replay-course.js').Step} Step */

const PER_PAGE = 100;

export class RowPages {
  /**
   * The pages of a table the server has drawn the first of; null without one.
   * @param {HTMLElement | null} table
   * @param {Step[]} steps
   * @param {(seq: number) => void} onChosen
   */
  static of(table, steps, onChosen) {
    return table instanceof HTMLTableElement ? new RowPages(table, steps, onChosen) : null;
  }

  /**
   * @param {HTMLTableElement} table
   * @param {Step[]} steps
   * @param {(seq: number) => void} onChosen
   */
  constructor(table, steps, onChosen) {
    this.table = table;
    this.steps = steps;
    this.onChosen = onChosen;
    this.page = -1;
    /** @type {HTMLTableRowElement | null} */
    this.marked = null;
    const served = document.querySelector('[data-replay-pager]');
    const own = document.querySelector('[data-replay-pages]');
    this.place = own?.querySelector('[data-replay-page]') ?? null;
    this.template = this.place?.textContent ?? '';
    if (served instanceof HTMLElement) served.hidden = true;
    if (own instanceof HTMLElement) own.hidden = this.pages < 2;
    own?.querySelector('[data-rows-back]')?.addEventListener('click', () => this.turn(-1));
    own?.querySelector('[data-rows-on]')?.addEventListener('click', () => this.turn(1));
  }

  get pages() {
    return Math.ceil(this.steps.length / PER_PAGE);
  }

  /** @param {number} by */
  turn(by) {
    const page = Math.min(Math.max(this.page + by, 0), this.pages - 1);
    if (page !== this.page) this.onChosen(page * PER_PAGE + 1);
  }

  /** @param {number} position how many bids are on the table */
  show(position) {
    const index = Math.max(position - 1, 0);
    const page = Math.floor(index / PER_PAGE);
    if (page !== this.page) this.draw(page);
    this.marked?.classList.remove('is-now');
    this.marked = position > 0 ? this.table.tBodies[0].rows[index % PER_PAGE] : null;
    this.marked?.classList.add('is-now');
  }

  /** @param {number} page */
  draw(page) {
    this.page = page;
    const steps = this.steps.slice(page * PER_PAGE, (page + 1) * PER_PAGE);
    this.table.tBodies[0].replaceChildren(...steps.map((step) => rowOf(
      this.table, { ...step, at: new Date(step.at).toISOString(), closes_at: '' }, '',
    )));
    if (!this.place) return;
    this.place.textContent = this.template.replace('{page}', String(page + 1)).replace('{pages}', String(this.pages));
  }
}
