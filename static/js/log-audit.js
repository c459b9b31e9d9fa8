// @ts-check
/**
 * All checks of a published bid log, one after the other, without a page: what holds, what does
 * not and where, and what could not be looked at because something before it failed.
 */

import { isSame, toBase64 } from './bytes.js';
import { LogFault, readLine } from './log-lines.js';
import { Course, comparePage } from './log-replay.js';
import { GrowingTree, hashLeaf } from './merkle.js';
import { isSigned, parseCheckpoint, parseKey } from './notes.js';

/** @typedef {import('./log-lines.js').Entry} Entry */
/** @typedef {import('./notes.js').Checkpoint} Checkpoint */
/** @typedef {{ format: string, origin: string, key: string, entries: string[], checkpoint: string }} LogFile */
/** @typedef {{ name: string, holds: boolean | null, code: string, n: number | null, detail: string }} Check */
/**
 * @typedef {object} Known what the reader knows besides the log
 * @property {string} sale the sale number the page is about
 * @property {{ status: string, seq: number, price: number | null, leader: string | null, closesAt: number } | null} page
 * @property {string | null} key the key this browser has seen before
 * @property {Checkpoint[]} seen checkpoints this browser has kept
 * @property {string[]} receipts lines of own receipts
 */
/** @typedef {{ checks: Check[], holds: boolean, size: number, root: string, course: Course | null }} Audit */

const SLICE = 250;

/**
 * @param {any} file
 * @param {Known} known
 * @param {() => Promise<void>} pause lets the page breathe between slices
 * @returns {Promise<Audit>}
 */
export async function auditLog(file, known, pause = async () => {}) {
  const audit = new Auditor(file, known, pause);
  await audit.run('lines', () => audit.readLines());
  await audit.run('root', () => audit.compareRoot());
  await audit.run('signature', () => audit.verifySignature());
  await audit.run('times', () => audit.checkTimes());
  await audit.run('replay', () => audit.replay());
  if (known.page) await audit.run('page', () => audit.comparePage());
  if (known.seen.length > 0) await audit.run('seen', () => audit.compareSeen());
  if (known.receipts.length > 0) await audit.run('receipts', () => audit.findReceipts());
  return {
    checks: audit.checks,
    holds: audit.checks.every((check) => check.holds === true),
    size: audit.entries.length,
    root: toBase64(audit.tree.root()),
    course: audit.course,
  };
}

class Auditor {
  /**
   * @param {any} file
   * @param {Known} known
   * @param {() => Promise<void>} pause
   */
  constructor(file, known, pause) {
    this.file = /** @type {LogFile} */ (file);
    this.known = known;
    this.pause = pause;
    /** @type {Check[]} */
    this.checks = [];
    /** @type {Entry[]} */
    this.entries = [];
    this.tree = new GrowingTree();
    /** Roots at the sizes of checkpoints seen before. @type {Map<number, Uint8Array>} */
    this.rootsSeen = new Map(known.seen.map(({ size }) => [size, new Uint8Array()]));
    /** @type {Course | null} */
    this.course = null;
  }

  /**
   * Runs one check; a fault is its result, and what rests on unread lines is not tried.
   * @param {string} name
   * @param {() => void | Promise<void>} check
   */
  async run(name, check) {
    const lines = this.checks[0];
    if (lines?.holds === false || (name === 'page' && this.course === null)) {
      this.checks.push({ name, holds: null, code: 'not-tried', n: null, detail: '' });
      return;
    }
    try {
      await check();
      this.checks.push({ name, holds: true, code: '', n: null, detail: '' });
    } catch (error) {
      const fault = error instanceof LogFault ? error : new LogFault('unreadable', null, String(error));
      this.checks.push({ name, holds: false, code: fault.code, n: fault.n, detail: fault.detail });
    }
  }

  async readLines() {
    const { format, origin, key, entries, checkpoint } = this.file ?? {};
    const isLog = format === 'bidlog/1' && Array.isArray(entries) && entries.length > 0
      && [origin, key, checkpoint, ...entries].every((text) => typeof text === 'string');
    if (!isLog) throw new LogFault('not-a-log');
    if (this.rootsSeen.has(0)) this.rootsSeen.set(0, this.tree.root());
    for (let n = 0; n < entries.length; n += 1) {
      if (n % SLICE === SLICE - 1) await this.pause();
      this.entries.push(readLine(entries[n], n));
      this.tree.add(hashLeaf(entries[n]));
      if (this.rootsSeen.has(n + 1)) this.rootsSeen.set(n + 1, this.tree.root());
    }
    if (this.entries[0].sale !== this.known.sale) throw new LogFault('other-sale', 0, this.entries[0].sale);
  }

  compareRoot() {
    const { size, root } = parseCheckpoint(this.file.checkpoint);
    if (size !== this.entries.length) throw new LogFault('size-differs', null, `${size} ≠ ${this.entries.length}`);
    if (!isSame(root, this.tree.root())) throw new LogFault('root-differs', null, toBase64(root));
  }

  /** The key must be the one the log itself began with, and the one this browser knows. */
  async verifySignature() {
    const { origin, key, checkpoint } = this.file;
    if (key !== this.entries[0].key) throw new LogFault('key-differs', 0);
    if (this.known.key !== null && key !== this.known.key) throw new LogFault('key-changed', null, this.known.key);
    const parsed = parseKey(key);
    if (parsed.name !== origin || parseCheckpoint(checkpoint).origin !== origin) throw new LogFault('origin-differs');
    if (!origin.endsWith(`/sale/${this.known.sale}`)) throw new LogFault('origin-differs', null, origin);
    if (!(await isSigned(checkpoint, parsed))) throw new LogFault('not-signed');
  }

  checkTimes() {
    let last = '';
    for (const { at, n } of this.entries) {
      if (at < last) throw new LogFault('time-falls', n, `${at} < ${last}`);
      last = at;
    }
  }

  async replay() {
    const course = new Course(this.entries[0]);
    for (const entry of this.entries.slice(1)) {
      if (entry.n % (SLICE * 8) === 0) await this.pause();
      course.take(entry);
    }
    this.course = course;
  }

  comparePage() {
    if (this.course && this.known.page) comparePage(this.course, this.known.page);
  }

  compareSeen() {
    for (const { size, root } of this.known.seen) {
      const now = this.rootsSeen.get(size);
      if (size > this.entries.length) throw new LogFault('shorter-than-seen', null, `${this.entries.length} < ${size}`);
      if (!now || !isSame(now, root)) throw new LogFault('seen-differs', null, `size ${size}`);
    }
  }

  findReceipts() {
    const lines = new Set(this.file.entries);
    const missing = this.known.receipts.find((line) => !lines.has(line));
    if (missing !== undefined) throw new LogFault('receipt-missing', null, missing);
  }
}
