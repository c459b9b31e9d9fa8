// @ts-check
/**
 * Sends one bid until there is an answer: by socket, else over HTTP, always under the same key, so
 * that it counts once however often it is sent. Gives up as "unknown", never as "refused".
 */

/** @typedef {import('./room-link.js').RoomLink} RoomLink */
/** @typedef {{ lot: string, amount: number, key: string, confirm?: number }} Offer `confirm` repeats an outsize amount */

const TRIES = 6;
const PAUSE_MS = 700;
const ASK_MS = 8000;
const UNDECIDED = new Set(['unavailable', 'busy', 'internal']);

/** A key nobody else has. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The answer, or null while it is still unknown.
 * @param {RoomLink} link
 * @param {Offer} offer
 * @param {() => void} onAgain called before each further question
 * @returns {Promise<any>}
 */
export async function sendBid(link, offer, onAgain) {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt > 0) {
      onAgain();
      await new Promise((go) => { setTimeout(go, PAUSE_MS * attempt); });
    }
    const answer = link.isConnected && attempt !== 1
      ? await link.ask('bid', offer)
      : await postBid(offer);
    if (answer && !UNDECIDED.has(answer.reason)) return answer;
  }
  return null;
}

/**
 * @param {Offer} offer
 * @returns {Promise<any>}
 */
async function postBid({ lot, ...bid }) {
  const token = document.querySelector('meta[name="csrf-token"]');
  try {
    const answer = await fetch(`/api/v1/lots/${encodeURIComponent(lot)}/bids`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-CSRF-Token': token?.getAttribute('content') ?? '',
      },
      body: JSON.stringify(bid),
      signal: AbortSignal.timeout(ASK_MS),
    });
    const body = await answer.json();
    if (answer.status >= 500) return null;
    return 'accepted' in body
      ? body
      : { accepted: false, reason: body.code, message: body.title, state: null };
  } catch {
    return null; // No answer came: ask again with the same key.
  }
}
