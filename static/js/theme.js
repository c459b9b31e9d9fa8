// @ts-check
/** The theme switch: system, light, dark, and round again. The choice stays on this device. */

/** @typedef {'auto' | 'light' | 'dark'} Theme */

/** @type {Theme[]} */
const ORDER = ['auto', 'light', 'dark'];

/** @param {HTMLElement} button */
export function mount(button) {
  show(button, chosen());
  button.addEventListener('click', () => {
    const next = ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length];
    choose(next);
    show(button, next);
  });
}

/** @returns {Theme} */
function chosen() {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
}

/** @param {Theme} theme */
function choose(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'auto') localStorage.removeItem('theme');
    else localStorage.setItem('theme', theme);
  } catch {
    // Not kept beyond this page where storage is closed to us.
  }
}

/**
 * @param {HTMLElement} button
 * @param {Theme} theme
 */
function show(button, theme) {
  const label = button.dataset[theme] ?? '';
  button.dataset.now = theme;
  button.title = label;
  button.setAttribute('aria-label', label);
}
