// @ts-check
/** The catalogue's filters: folded on a narrow screen, and empty fields stay out of the address. */

/** @param {HTMLElement} form */
export function mount(form) {
  if (!(form instanceof HTMLFormElement)) return;
  const fold = form.querySelector('details.filters');
  if (fold instanceof HTMLDetailsElement && window.matchMedia('(max-width: 61.99rem)').matches) fold.open = false;
  form.addEventListener('submit', () => {
    for (const field of form.elements) {
      const isField = field instanceof HTMLInputElement || field instanceof HTMLSelectElement;
      if (isField && field.value === '') field.disabled = true;
    }
    // Whoever comes back to this page finds the fields as they were.
    setTimeout(() => { for (const field of form.elements) if ('disabled' in field) field.disabled = false; }, 0);
  });
  form.querySelector('[name="sort"]')?.addEventListener('change', () => form.requestSubmit());
}
