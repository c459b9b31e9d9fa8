// @ts-check
/** Shows a picture in place; without this the thumbnails are ordinary links to the same page. */

/** @param {HTMLElement} gallery */
export function mount(gallery) {
  const large = gallery.querySelector('[data-large]');
  const caption = gallery.querySelector('[data-caption]');
  const thumbs = [...gallery.querySelectorAll('a[data-src]')];
  if (!(large instanceof HTMLImageElement) || !caption) return;
  for (const [index, thumb] of thumbs.entries()) {
    if (!(thumb instanceof HTMLAnchorElement)) continue;
    thumb.addEventListener('click', (event) => {
      event.preventDefault();
      large.src = thumb.dataset.src ?? thumb.href;
      large.alt = thumb.dataset.alt ?? '';
      caption.textContent = `${large.alt} · ${index + 1}/${thumbs.length}`;
      for (const other of thumbs) other.removeAttribute('aria-current');
      thumb.setAttribute('aria-current', 'true');
    });
  }
}
