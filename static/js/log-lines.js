// @ts-check
/**
 * The lines of a bid log: canonical JSON (RFC 8785, integers only) of known entries, numbered
 * without a gap. Whatever is not exactly that is a `LogFault` with the number of its line.
 */

/** What is wrong with a log: which line, a code that pages have a sentence for, and the figures. */
export class LogFault extends Error {
  /**
   * @param {string} code
   * @param {number | null} n
   * @param {string} [detail]
   */
  constructor(code, n = null, detail = '') {
    super(`${code}${n === null ? '' : ` at ${n}`}${detail && `: ${detail}`}`);
    this.code = code;
    this.n = n;
    this.detail = detail;
  }
}

/** @typedef {Record<string, any> & { v: number, sale: string, n: number, at: string, type: string }} Entry */

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DIGEST = /^[0-9a-f]{64}$/;

/** @type {Record<string, (value: any) => boolean>} */
const KINDS = {
  text: (value) => typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  count: (value) => Number.isSafeInteger(value) && value >= 0,
  rank: (value) => Number.isSafeInteger(value) && value >= 1,
  amount: (value) => Number.isSafeInteger(value) && value >= 1 && value <= 10 ** 15,
  instant: (value) => typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value)),
  digest: (value) => typeof value === 'string' && DIGEST.test(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

const COMMON = { v: 'count', sale: 'text', n: 'count', at: 'instant', type: 'text' };

/** Fields of each type; a question mark: may be null. A `note` may hold what it needs. */
const FIELDS = /** @type {Record<string, Record<string, string>>} */ ({
  open: { lot: 'text', terms: 'object', announcement: 'digest?', rules: 'digest', key: 'text' },
  code: { code: 'text', priority: 'rank?' },
  bid: {
    seq: 'count', code: 'text', amount: 'amount', auto: 'flag', closes_at: 'instant', cause: 'count?',
  },
  suspend: { ground: 'text?', closes_at: 'instant' },
  resume: { ground: 'text?', closes_at: 'instant' },
  withdraw: { ground: 'text?', closes_at: 'instant' },
  amend: { what: 'text', before: 'digest?', after: 'digest?', decision: 'text' },
  close: {
    status: 'text', price: 'amount?', leader: 'text?', opens_at: 'instant', closes_at: 'instant',
    bids: 'count', extensions: 'count', codes: 'count', sealed: 'object',
  },
  note: { text: 'text' },
});

export const TERM_FIELDS = /** @type {Record<string, string>} */ ({
  stage: 'text', currency: 'text', start_price: 'amount', increment: 'amount', opens_at: 'instant',
  closes_at: 'instant', extension_window_s: 'count', extension_s: 'count', countdown_s: 'count',
  leader_raises: 'flag', instructions: 'flag',
});

/**
 * The entry of line `n`.
 * @param {string} line
 * @param {number} n
 * @returns {Entry}
 */
export function readLine(line, n) {
  let entry;
  try {
    entry = JSON.parse(line);
  } catch {
    throw new LogFault('not-json', n);
  }
  if (!KINDS.object(entry) || writeCanonical(entry) !== line) throw new LogFault('not-canonical', n);
  if (entry.v !== 1) throw new LogFault('unknown-version', n, String(entry.v));
  if (entry.n !== n) throw new LogFault('gap', n, `n = ${entry.n}`);
  checkFields(entry, n);
  return entry;
}

/**
 * @param {Record<string, any>} entry
 * @param {number} n
 */
function checkFields(entry, n) {
  const own = Object.hasOwn(FIELDS, entry.type) ? FIELDS[entry.type] : null;
  if (own === null) throw new LogFault('unknown-type', n, String(entry.type));
  requireFields(entry, { ...COMMON, ...own }, n, entry.type === 'note');
}

/**
 * @param {Record<string, any>} found
 * @param {Record<string, string>} fields
 * @param {number} n
 * @param {boolean} [isOpen] whether it may hold more
 */
export function requireFields(found, fields, n, isOpen = false) {
  for (const [name, kind] of Object.entries(fields)) {
    const mayBeNull = kind.endsWith('?');
    const fits = KINDS[mayBeNull ? kind.slice(0, -1) : kind];
    const value = Object.hasOwn(found, name) ? found[name] : undefined;
    if (!(fits(value) || (mayBeNull && value === null))) throw new LogFault('bad-field', n, name);
  }
  const foreign = Object.keys(found).find((name) => !Object.hasOwn(fields, name));
  if (foreign !== undefined && !isOpen) throw new LogFault('foreign-field', n, foreign);
}

/**
 * Canonical JSON: keys in order of their UTF-16 units, no spaces, integers only. Anything else is
 * `undefined`, which equals no line.
 * @param {any} value
 * @returns {string | undefined}
 */
export function writeCanonical(value) {
  if (typeof value === 'string') return isWellFormed(value) ? JSON.stringify(value) : undefined;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return wrap('[', value.map(writeCanonical), ']');
  return wrap('{', Object.keys(value).sort().map((key) => {
    const name = writeCanonical(key);
    const content = writeCanonical(value[key]);
    return name === undefined || content === undefined ? undefined : `${name}:${content}`;
  }), '}');
}

/**
 * @param {string} open
 * @param {(string | undefined)[]} parts
 * @param {string} close
 */
function wrap(open, parts, close) {
  return parts.includes(undefined) ? undefined : open + parts.join(',') + close;
}

/** @param {string} text */
function isWellFormed(text) {
  return !/\p{Surrogate}/u.test(text);
}
