// @ts-check
/**
 * The whole log checked in one click, in the reader's own browser: downloaded, taken apart, played
 * again and compared with this page. Said in plain words, one line a check; figures are folded.
 */

import { watchLog } from './log-alarm.js';
import { parseCheckpoint, parseProof } from './notes.js';
import { listReceipts } from './receipts.js';

/** @typedef {import('./log-audit.js').Audit} Audit */
/** @typedef {import('./log-audit.js').Check} Check */
/** @typedef {import('./log-audit.js').Known} Known */
/**
 * @typedef {object} Words
 * @property {Record<string, { holds: string, fails: string }>} checks
 * @property {Record<string, string>} faults
 * @property {Record<string, string>} says
 */

/** @param {HTMLElement} section */
export function mount(section) {
  const button = section.querySelector('[data-check-log]');
  const block = section.querySelector('script[data-words]');
  if (!(button instanceof HTMLButtonElement) || !block) return;
  const check = new LogCheck(section, button, JSON.parse(block.textContent ?? '{}'));
  button.addEventListener('click', () => void check.run());
  button.disabled = false; // until now a click would have done nothing
}

class LogCheck {
  /**
   * @param {HTMLElement} section
   * @param {HTMLButtonElement} button
   * @param {Words} words
   */
  constructor(section, button, words) {
    this.section = section;
    this.button = button;
    this.words = words;
  }

  async run() {
    if (this.button.getAttribute('aria-disabled') === 'true') return;
    this.button.setAttribute('aria-disabled', 'true');
    this.say(this.words.says.working);
    const began = performance.now();
    // What the page shows is read first: the log may only be newer.
    const known = this.known();
    const file = await fetchLog(this.section.dataset.href ?? '');
    if (file === null) this.say(this.words.says['no-log']);
    else {
      // Few readers ask: the checker itself is only fetched for those who do.
      const { auditLog } = await import('./log-audit.js');
      const audit = await auditLog(file, known, breathe);
      this.show(audit, file, Math.round(performance.now() - began));
    }
    this.button.removeAttribute('aria-disabled');
  }

  /** @returns {Known} */
  known() {
    const { lot = '', sale = '', code = '' } = this.section.dataset;
    const memory = watchLog(lot, sale).memory.load();
    const receipts = code ? listReceipts({ lot, sale, code }).filter((one) => one.kind === 'bid' && one.holds) : [];
    return {
      sale,
      page: readPage(),
      key: memory?.key || null,
      seen: [
        ...(memory?.note ? [parseCheckpoint(memory.note)] : []),
        ...receipts.map((one) => parseProof(one.receipt.proof).checkpoint),
      ],
      receipts: receipts.map((one) => one.receipt.entry),
    };
  }

  /**
   * What is spoken; a verdict that stands on the page need not be seen twice.
   * @param {string} text
   * @param {boolean} [isSeen]
   */
  say(text, isSeen = true) {
    const status = this.section.querySelector('[data-check-status]');
    status?.classList.toggle('visually-hidden', !isSeen);
    if (status) status.textContent = text;
    const result = this.section.querySelector('[data-check-result]');
    if (result instanceof HTMLElement) result.hidden = true;
  }

  /**
   * @param {Audit} audit
   * @param {any} file
   * @param {number} ms
   */
  show(audit, file, ms) {
    const result = this.section.querySelector('[data-check-result]');
    const verdict = this.section.querySelector('[data-check-verdict]');
    const list = this.section.querySelector('[data-check-list]');
    if (!(result instanceof HTMLElement) || !verdict || !list) return;
    const failed = audit.checks.filter((check) => check.holds === false).length;
    const isOver = audit.course?.result != null;
    const word = failed ? 'fails' : isOver ? 'holds-whole' : 'holds-so-far';
    verdict.textContent = this.fill(this.words.says[word], audit).replace('{failed}', String(failed));
    result.dataset.holds = String(audit.holds);
    list.replaceChildren(...audit.checks.map((check) => this.line(check, audit)));
    this.showFigures(audit, file, ms);
    this.say(verdict.textContent, false);
    result.hidden = false;
  }

  /**
   * @param {Check} check
   * @param {Audit} audit
   */
  line(check, audit) {
    const item = document.createElement('li');
    const { says } = this.words;
    item.className = 'checks__item';
    item.dataset.holds = String(check.holds);
    const mark = check.holds === null ? '—' : check.holds ? '✓' : '✗';
    const spoken = check.holds === null ? says.skipped : check.holds ? says.right : says.wrong;
    const sentences = this.words.checks[check.name];
    const text = document.createElement('div');
    text.append(
      made('span', 'visually-hidden', `${spoken}${says.colon}`),
      this.fill(check.holds === false ? sentences.fails : sentences.holds, audit),
    );
    const fault = check.holds === false ? this.words.faults[check.code] : undefined;
    if (fault) text.append(made('p', 'small', this.place(check, fault)));
    item.append(made('span', 'checks__mark', mark), text);
    item.firstElementChild?.setAttribute('aria-hidden', 'true');
    return item;
  }

  /**
   * @param {Check} check
   * @param {string} fault
   */
  place(check, fault) {
    return check.n === null ? fault : `${this.words.says.entry.replace('{n}', String(check.n))}${fault}`;
  }

  /**
   * @param {string} template
   * @param {Audit} audit
   */
  fill(template, audit) {
    return template
      .replace('{n}', String(audit.size))
      .replace('{bids}', String(audit.course?.bids.length ?? 0))
      .replace('{extensions}', String(audit.course?.extensions ?? 0));
  }

  /**
   * @param {Audit} audit
   * @param {any} file
   * @param {number} ms
   */
  showFigures(audit, file, ms) {
    const figures = /** @type {Record<string, string>} */ ({
      origin: String(file.origin ?? ''), key: String(file.key ?? ''), size: String(audit.size),
      root: audit.root, took: `${ms} ms`,
      faults: audit.checks.filter((check) => check.holds === false)
        .map(({ name, code, n, detail }) => `${name}: ${code}${n === null ? '' : ` @${n}`} ${detail}`).join('\n') || '—',
    });
    for (const place of this.section.querySelectorAll('[data-figure]')) {
      if (place instanceof HTMLElement) place.textContent = figures[place.dataset.figure ?? ''] ?? '';
    }
  }
}

/** What this page shows of the sale right now. */
function readPage() {
  const panel = document.querySelector('[data-panel]');
  if (!(panel instanceof HTMLElement)) return null;
  const { status = '', seq, price, leader, closes } = panel.dataset;
  return {
    status, seq: Number(seq), price: price ? Number(price) : null, leader: leader || null,
    closesAt: Date.parse(closes ?? ''),
  };
}

/** @param {string} address */
async function fetchLog(address) {
  try {
    const answer = await fetch(address, { cache: 'no-store' });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Lets the page answer its reader before the next slice. */
function breathe() {
  return /** @type {Promise<void>} */ (new Promise((go) => { setTimeout(go, 0); }));
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} text
 */
function made(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
