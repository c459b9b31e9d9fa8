// @ts-check
/** Opens the dialog named by `data-opens`; the native element keeps focus and Escape in order. */

/** @param {HTMLElement} opener */
export function mount(opener) {
  const dialog = document.getElementById(opener.dataset.opens ?? '');
  if (!(dialog instanceof HTMLDialogElement)) return;
  opener.addEventListener('click', () => dialog.showModal());
  for (const closer of dialog.querySelectorAll('[data-closes]')) {
    closer.addEventListener('click', () => dialog.close());
  }
}
