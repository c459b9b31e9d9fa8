// @ts-check
/**
 * What this browser remembers of a sale's log: its key, the last checkpoint seen, and an alarm that
 * was raised. Kept in local storage; where there is none, in this page. It holds nothing personal.
 */

/** @typedef {{ kind: string, at: string, evidence: object }} Alarm */
/** @typedef {{ key: string, note: string, at: string, alarm: Alarm | null }} Memory */
/** @typedef {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} Shelf */

/** @type {Map<string, string>} */
const inPage = new Map();

/** @type {Shelf} */
const pageShelf = {
  getItem: (name) => inPage.get(name) ?? null,
  setItem: (name, text) => { inPage.set(name, text); },
  removeItem: (name) => { inPage.delete(name); },
};

/**
 * The shelf to use: the browser's, or the page's own where that is forbidden or full.
 * @param {'localStorage' | 'sessionStorage'} [name]
 * @returns {Shelf}
 */
export function openShelf(name = 'localStorage') {
  try {
    const shelf = globalThis[name];
    shelf.setItem('shelf', '1');
    shelf.removeItem('shelf');
    return shelf;
  } catch {
    return pageShelf;
  }
}

export class LogMemory {
  /**
   * @param {string} lot
   * @param {string} sale
   * @param {Shelf} [shelf]
   */
  constructor(lot, sale, shelf = openShelf()) {
    this.name = `log:${lot}:${sale}`;
    this.shelf = shelf;
  }

  /** @returns {Memory | null} */
  load() {
    try {
      const memory = JSON.parse(this.shelf.getItem(this.name) ?? 'null');
      const fits = typeof memory?.key === 'string' && typeof memory.note === 'string';
      return fits ? { alarm: null, at: '', ...memory } : null;
    } catch {
      return null; // Not ours, or cut off: as if nothing had been seen.
    }
  }

  /** @param {Memory} memory */
  save(memory) {
    try {
      this.shelf.setItem(this.name, JSON.stringify(memory));
    } catch {
      this.shelf = pageShelf; // The browser's storage is full.
      this.shelf.setItem(this.name, JSON.stringify(memory));
    }
  }

  forget() {
    this.shelf.removeItem(this.name);
  }
}
