/** Which names fit what was typed, best first. Pure. */

/** Letters without accents and case: "Éléments envoyés" is found by "elements", "ещё" by "еще". */
export const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("œ", "oe").replaceAll("æ", "ae");

const wordsOf = (folded) => folded.split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** 0: the name begins so, 1: every typed word begins a word of it, 2: it stands somewhere; Infinity: not at all. */
export function rank(name, typed) {
  if (!typed) return 0;
  if (name.startsWith(typed)) return 0;
  const words = wordsOf(name), wanted = wordsOf(typed);
  if (wanted.length && wanted.every((part) => words.some((word) => word.startsWith(part)))) return 1;
  return name.includes(typed) ? 2 : Infinity;
}

/**
 * @template {{name: string, detail?: string}} T
 * @param {T[]} entries  in the order that counts among equals
 * @param {string} typed
 * @returns {T[]}
 */
export function find(entries, typed) {
  const wanted = fold(typed);
  return entries
    .map((entry, place) => ({ entry, place, rank: Math.min(rank(fold(entry.name), wanted), 1 + rank(fold(`${entry.detail ?? ""} ${entry.name}`), wanted)) }))
    .filter((found) => found.rank < Infinity)
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .map(({ entry }) => entry);
}
