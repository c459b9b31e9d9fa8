// @ts-check
/**
 * Every watcher is a witness: the checkpoints that come with the sale must be signed by the log's
 * key, and each must contain the one seen before it. What breaks that is kept as evidence and said;
 * what merely did not arrive is asked for again.
 */

import { fromBase64, isSame } from './bytes.js';
import { hashLeaf, isConsistent, isIncluded } from './merkle.js';
import { isSigned, parseCheckpoint, parseKey, parseProof } from './notes.js';

/** @typedef {import('./log-memory.js').LogMemory} LogMemory */
/** @typedef {import('./log-memory.js').Memory} Memory */
/** @typedef {import('./notes.js').Checkpoint} Checkpoint */
/** @typedef {{ status: number, body: any } | null} Reply null: nothing came */
/** @typedef {{ size: number, at: string, alarm: import('./log-memory.js').Alarm | null }} Finding */

const EVERY_MS = 10_000;
const SPREAD_MS = 5_000;
const NOT_NOW = new Set([408, 425, 429]);

/** The platform contradicts itself; `kind` names how, for the words on the page. */
class Contradiction extends Error {
  /**
   * @param {string} kind
   * @param {object} evidence
   */
  constructor(kind, evidence = {}) {
    super(kind);
    this.kind = kind;
    this.evidence = evidence;
  }
}

/** Nothing is known yet: the same is asked again later. */
class NotYet extends Error {}

export class LogWatch {
  /**
   * @param {string} lot
   * @param {string} sale
   * @param {LogMemory} memory
   * @param {(finding: Finding) => void} onFinding
   * @param {{ ask?: (path: string) => Promise<Reply>, now?: () => number, time?: () => number, later?: (act: () => void, ms: number) => void, chance?: () => number }} [edge]
   */
  constructor(lot, sale, memory, onFinding, edge = {}) {
    this.lot = lot;
    this.sale = sale;
    this.memory = memory;
    this.onFinding = onFinding;
    this.ask = edge.ask ?? askServer;
    this.now = edge.now ?? Date.now;
    /** The court's time, for what is written down; `now` only paces the questions. */
    this.courtNow = edge.time ?? this.now;
    this.later = edge.later ?? ((act, ms) => { setTimeout(act, ms); });
    this.chance = edge.chance ?? Math.random;
    /** The newest note that is not dealt with. @type {string | null} */
    this.waiting = null;
    this.heard = '';
    this.isAtWork = false;
    /** @type {Promise<unknown>} */
    this.atWork = Promise.resolve();
    this.isDue = false;
    this.askedAt = -Infinity;
    this.refusals = 0;
  }

  /** Says what is remembered, an old alarm too. */
  start() {
    const known = this.memory.load();
    if (known) this.tell(known);
  }

  /** On a page where nothing is heard: compares what was seen with the log as it is now. */
  async look() {
    if (this.memory.load() === null) return;
    const reply = await this.ask(this.address(`log/proof?sale=${encodeURIComponent(this.sale)}&n=0`));
    if (reply?.status !== 200) return;
    await this.hear(noteIn(reply));
  }

  /** Forgets what was seen; the reader has the evidence, and begins anew. */
  restart() {
    this.memory.forget();
    this.heard = '';
    this.refusals = 0;
    this.onFinding({ size: 0, at: '', alarm: null });
  }

  /** The log's key, if it is known. @returns {import('./notes.js').Key | null} */
  key() {
    const known = this.memory.load();
    return known?.key ? parseKey(known.key) : null;
  }

  /**
   * The log's key, asked for where it is not known yet; null while nobody can say.
   * @returns {Promise<import('./notes.js').Key | null>}
   */
  async findKey() {
    await this.atWork;
    if (this.memory.load() === null) await this.alone(() => this.learnKey(), '');
    return this.key();
  }

  /**
   * A checkpoint came with a frame or an answer.
   * @param {unknown} note
   * @returns {Promise<void>}
   */
  async hear(note) {
    if (typeof note !== 'string' || note === '' || note === this.heard) return;
    this.heard = note;
    this.waiting = note;
    await this.work();
  }

  async work() {
    const note = this.waiting;
    if (this.isAtWork || note === null || this.memory.load()?.alarm) return;
    await this.alone(async () => {
      if (await this.judge(note) && this.waiting === note) this.waiting = null;
    }, note);
    if (this.waiting !== null) this.workLater();
  }

  /**
   * One piece of work at a time; a contradiction it meets is raised, what is not yet known waits.
   * @param {() => Promise<unknown>} piece
   * @param {string} note
   */
  async alone(piece, note) {
    this.isAtWork = true;
    this.atWork = piece().catch((error) => {
      if (error instanceof Contradiction) this.raise(error, note);
      else if (!(error instanceof NotYet)) throw error;
    }).finally(() => { this.isAtWork = false; });
    await this.atWork;
  }

  workLater() {
    if (this.isDue) return;
    this.isDue = true;
    const rest = Math.max(this.askedAt + EVERY_MS - this.now(), 0);
    this.later(() => { this.isDue = false; void this.work(); }, rest + this.chance() * SPREAD_MS);
  }

  /**
   * True when the note is dealt with, false when its turn to be asked about has not come.
   * @param {string} note
   */
  async judge(note) {
    const shown = read(note);
    const known = this.memory.load() ?? await this.learnKey();
    const key = parseKey(known.key);
    const last = parseCheckpoint(known.note);
    if (shown.origin !== key.name) throw new Contradiction('origin');
    if (!(await isSigned(note, key))) throw new Contradiction('signature');
    if (shown.size === last.size) {
      if (!isSame(shown.root, last.root)) throw new Contradiction('fork');
      this.keep({ ...known, at: this.time() });
      return true;
    }
    if (this.now() - this.askedAt < EVERY_MS) return false;
    await this.requireConsistency(last, shown);
    const newest = shown.size > last.size ? note : known.note;
    this.keep({ ...known, note: newest, at: this.time() });
    return true;
  }

  /**
   * The smaller of two trees must be the beginning of the larger, whichever came first: a late frame
   * is no alarm, a log that has lost lines is.
   * @param {Checkpoint} last
   * @param {Checkpoint} shown
   */
  async requireConsistency(last, shown) {
    const [older, newer] = last.size < shown.size ? [last, shown] : [shown, last];
    const path = `log/consistency?sale=${encodeURIComponent(this.sale)}&from=${older.size}&to=${newer.size}`;
    const reply = await this.question(path);
    if (reply.status >= 400) {
      // Once may be a server that lags behind its neighbour; twice, ten seconds apart, is not.
      this.refusals += 1;
      if (this.refusals < 2) throw new NotYet();
      throw new Contradiction(shown.size < last.size ? 'shrunk' : 'refused', { answer: reply });
    }
    this.refusals = 0;
    const proof = readHashes(reply.body?.proof);
    if (!proof || !isConsistent(older.size, older.root, newer.size, newer.root, proof)) {
      throw new Contradiction(shown.size < last.size ? 'shrunk' : 'rewritten', { answer: reply });
    }
  }

  /**
   * The key is the one in the log's own first line, which must be proven to be in it.
   * @returns {Promise<Memory>}
   */
  async learnKey() {
    const reply = await this.question(`log/proof?sale=${encodeURIComponent(this.sale)}&n=0`);
    if (reply.status >= 400) throw new NotYet();
    const { checkpoint, line, index, hashes } = parse(() => parseProof(reply.body.proof), reply);
    const entry = parse(() => JSON.parse(line), reply);
    const key = parse(() => parseKey(entry.key), reply);
    const holds = index === 0 && entry.sale === this.sale && entry.lot === this.lot
      && checkpoint.origin === key.name && checkpoint.origin.endsWith(`/sale/${this.sale}`)
      && isIncluded(hashLeaf(line), 0, checkpoint.size, hashes, checkpoint.root)
      && await isSigned(checkpoint.note, key);
    if (!holds) throw new Contradiction('signature', { answer: reply });
    this.askedAt = -Infinity; // a first comparison may follow at once
    const memory = { key: entry.key, note: checkpoint.note, at: this.time(), alarm: null };
    this.keep(memory);
    return memory;
  }

  /**
   * An answer of the server, be it a refusal; no answer, or one that says "later", is NotYet.
   * @param {string} path
   */
  async question(path) {
    this.askedAt = this.now();
    const reply = await this.ask(this.address(path));
    if (reply === null || reply.status >= 500 || NOT_NOW.has(reply.status)) throw new NotYet();
    return reply;
  }

  /** @param {string} path */
  address(path) {
    return `/api/v1/lots/${encodeURIComponent(this.lot)}/${path}`;
  }

  /** @param {Memory} memory */
  keep(memory) {
    const stored = this.memory.load();
    // Another window may have seen more of the log meanwhile.
    const isBehind = stored && parseCheckpoint(stored.note).size > parseCheckpoint(memory.note).size;
    const kept = isBehind ? { ...stored, at: memory.at } : memory;
    this.memory.save(kept);
    this.tell(kept);
  }

  /**
   * @param {Contradiction} error
   * @param {string} note
   */
  raise(error, note) {
    const known = this.memory.load();
    const alarm = {
      kind: error.kind,
      at: this.time(),
      evidence: {
        format: 'log-evidence/1', kind: error.kind, lot: this.lot, sale: this.sale, at: this.time(),
        key: known?.key ?? null, seen: known?.note ?? null, shown: note, ...error.evidence,
      },
    };
    const memory = { key: known?.key ?? '', note: known?.note ?? '', at: known?.at ?? '', alarm };
    this.memory.save(memory);
    this.tell(memory);
  }

  /** @param {Memory} memory */
  tell({ note, at, alarm }) {
    this.onFinding({ size: note ? parseCheckpoint(note).size : 0, at, alarm });
  }

  time() {
    return new Date(this.courtNow()).toISOString();
  }
}

/** @param {string} note */
function read(note) {
  try {
    return parseCheckpoint(note);
  } catch {
    throw new Contradiction('unreadable');
  }
}

/**
 * @template T
 * @param {() => T} reading
 * @param {Reply} reply
 * @returns {T}
 */
function parse(reading, reply) {
  try {
    return reading();
  } catch {
    throw new Contradiction('unreadable', { answer: reply });
  }
}

/**
 * The checkpoint that came with a proof; what cannot be read is judged as it came.
 * @param {NonNullable<Reply>} reply
 */
function noteIn({ body }) {
  try {
    return parseProof(body.proof).checkpoint.note;
  } catch {
    return String(body?.proof);
  }
}

/** @param {unknown} proof */
function readHashes(proof) {
  try {
    return Array.isArray(proof) ? proof.map(fromBase64) : null;
  } catch {
    return null; // A proof that is no list of hashes proves nothing.
  }
}

/**
 * @param {string} path
 * @returns {Promise<Reply>}
 */
async function askServer(path) {
  try {
    const answer = await fetch(path, { cache: 'no-store' });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return null;
  }
}
