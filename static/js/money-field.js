// @ts-check
/** Echoes what was typed as digits and words while it is typed, and moves the mark on its range. */

import { formatMoney, moneyWords, parseMoney } from './money.js';
import { markRange } from './range.js';

/** @param {HTMLElement} field */
export function mount(field) {
  const input = field.querySelector('input');
  const echo = field.querySelector('[data-echo]');
  const range = field.querySelector('.range');
  if (!input || !(echo instanceof HTMLElement)) return;
  const update = () => {
    const minor = parseMoney(input.value);
    showEcho(echo, input.value.trim() === '' ? null : minor, field.dataset.unclear ?? '', input.value);
    if (range instanceof HTMLElement) markRange(range, minor, formatMoney);
  };
  input.addEventListener('input', update);
  if (input.value) update();
}

/**
 * @param {HTMLElement} echo
 * @param {number | null} minor
 * @param {string} unclear
 * @param {string} typed
 */
function showEcho(echo, minor, unclear, typed) {
  if (minor !== null) {
    delete echo.dataset.state;
    echo.replaceChildren(
      line('money-echo__digits', formatMoney(minor)),
      line('money-echo__words', moneyWords(minor), 'zh-Hans'),
    );
  } else if (typed.trim() !== '') {
    echo.dataset.state = 'unclear';
    echo.textContent = unclear;
  } else {
    delete echo.dataset.state;
    echo.textContent = '';
  }
}

/**
 * @param {string} className
 * @param {string} text
 * @param {string} [lang]
 */
function line(className, text, lang) {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  if (lang) span.lang = lang;
  return span;
}
