// The nearest known name: what somebody who wrote an unknown one probably meant.

/** Names longer than this are not compared: the cost grows with the product of the lengths. */
const MAX_LENGTH = 128;

/**
 * The candidate with the fewest single-character edits from `name` (letter case is free), or null where none is near: more than a third of
 * the longer name would have to change. The first wins a tie.
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  if (name.length > MAX_LENGTH) return null;
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const longer = Math.max(name.length, candidate.length);
    if (longer > MAX_LENGTH) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance * 3 <= longer) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Edits: a character put in, left out or replaced, or two neighbours swapped (optimal string alignment), a row at a time. */
function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = at(row, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const isSwap = left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const swapped = isSwap ? at(before, j - 2) + 1 : replaced;
      next.push(Math.min(replaced, swapped, at(row, j) + 1, at(next, j - 1) + 1));
    }
    before = row;
    row = next;
  }
  return at(row, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
