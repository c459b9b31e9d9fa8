// @ts-check
/** Copies `data-copy` and says so on the button itself, once. */

const SHOWN_MS = 2500;

/** @param {HTMLElement} button */
export function mount(button) {
  const word = button.querySelector('[data-copy-word]');
  if (!word) return;
  const rest = word.textContent;
  word.setAttribute('aria-live', 'polite');
  let timer = 0;
  button.addEventListener('click', async () => {
    word.textContent = await copied(button.dataset.copy ?? '')
      ? button.dataset.done ?? ''
      : button.dataset.failed ?? '';
    clearTimeout(timer);
    timer = window.setTimeout(() => { word.textContent = rest; }, SHOWN_MS);
  });
}

/**
 * True when the text is on the clipboard.
 * @param {string} text
 */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
