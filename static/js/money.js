// @ts-check
/**
 * Text to money and back, in whole minor units (fen). The server decides; this only shows early what
 * it will understand. `tests/data/money_text.json` and `money_words.json` hold both sides to one
 * reading. Amounts reach 10^15 fen, below 2^53, so the results are exact as plain numbers; what lies
 * between is BigInt.
 */

export const MAX_MINOR = 10 ** 15;

/** @type {Record<string, bigint>} */
const SCALE = { 万: 10_000n, 亿: 100_000_000n };
const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES = ['', '拾', '佰', '仟'];

/**
 * Minor units of what a person typed: `1,234,567.89`, `１２３４`, `123.45万`, `¥1.2亿`, `500元`.
 * Null for anything that is not clearly an amount, or finer than one fen, or above the limit.
 * @param {string} text
 * @returns {number | null}
 */
export function parseMoney(text) {
  let plain = text.normalize('NFKC').trim().replaceAll('，', ',').replaceAll('。', '.');
  plain = plain.replace(/^¥/, '').replace(/^CNY/, '').replace(/元$/, '').trim();
  const scale = SCALE[plain.slice(-1)] ?? 1n;
  if (scale !== 1n) plain = plain.slice(0, -1).trim();
  const parts = plain.split('.');
  if (parts.length > 2) return null;
  const digits = ungroup(parts[0]);
  const fraction = parts[1] ?? '';
  if (digits === null || !/^\d{1,16}$/.test(digits)) return null;
  if (parts.length === 2 && !/^\d{1,12}$/.test(fraction)) return null;
  const value = BigInt(digits + fraction) * scale * 100n;
  const unit = 10n ** BigInt(fraction.length);
  if (value % unit !== 0n) return null;
  const minor = value / unit;
  return minor > BigInt(MAX_MINOR) ? null : Number(minor);
}

/**
 * The digits without separators, or null where the separators stand in odd places.
 * @param {string} text
 * @returns {string | null}
 */
function ungroup(text) {
  for (const mark of [',', ' ', "'"]) {
    if (!text.includes(mark)) continue;
    const [first, ...rest] = text.split(mark);
    const tidy = first.length >= 1 && first.length <= 3 && rest.every((group) => group.length === 3);
    return tidy ? first + rest.join('') : null;
  }
  return text;
}

/**
 * `¥1,234,567.89`; a negative amount carries a minus sign in front.
 * @param {number} minor
 * @returns {string}
 */
export function formatMoney(minor) {
  const amount = BigInt(minor);
  const size = amount < 0n ? -amount : amount;
  const whole = (size / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  const fen = (size % 100n).toString().padStart(2, '0');
  return `${amount < 0n ? '-' : ''}¥${whole}.${fen}`;
}

/**
 * 人民币大写 of a non-negative amount, as it stands on a cheque: zeros in a row are said once, and a
 * sum without fen ends in 整 unless it ends in jiao.
 * @param {number} minor
 * @returns {string}
 */
export function moneyWords(minor) {
  if (!Number.isSafeInteger(minor) || minor < 0) throw new RangeError('not a countable amount');
  if (minor === 0) return '零元整';
  const whole = Math.floor(minor / 100);
  const jiao = Math.floor((minor % 100) / 10);
  const fen = minor % 10;
  const yuan = whole > 0 ? `${wholeWords(whole)}元` : '';
  if (jiao === 0 && fen === 0) return `${yuan}整`;
  const gap = yuan && jiao === 0 ? '零' : '';
  return yuan + gap + (jiao ? `${DIGITS[jiao]}角` : '') + (fen ? `${DIGITS[fen]}分` : '');
}

/**
 * A whole number above zero. Read in 万 within 亿, so 10^12 is 壹万亿.
 * @param {number} whole
 * @returns {string}
 */
function wholeWords(whole) {
  for (const [size, name] of /** @type {[number, string][]} */ ([[1e8, '亿'], [1e4, '万']])) {
    if (whole < size) continue;
    const rest = whole % size;
    const head = wholeWords(Math.floor(whole / size)) + name;
    if (rest === 0) return head;
    // After 亿 the thousands may follow without 零 (the bank rule leaves it open where 万 is nought).
    const needsNought = rest < size / 10 && !(size === 1e8 && rest >= 1000 && rest < 1e4);
    return head + (needsNought ? '零' : '') + wholeWords(rest);
  }
  return groupWords(whole);
}

/**
 * A number from 1 to 9999.
 * @param {number} group
 * @returns {string}
 */
function groupWords(group) {
  let words = '';
  let skipped = false;
  for (let place = 3; place >= 0; place -= 1) {
    const digit = Math.floor(group / 10 ** place) % 10;
    if (digit === 0) {
      skipped = words !== '';
      continue;
    }
    words += (skipped ? '零' : '') + DIGITS[digit] + PLACES[place];
    skipped = false;
  }
  return words;
}
