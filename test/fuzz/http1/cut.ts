// Where the network cuts a message: by the text alone, so that the same text is always cut alike.
import { randomBelow, seededRandom } from '../../../src/base/random.ts';

const MAX_CUTS = 4;

/** `text` in one to four pieces. */
export function cut(text: string): readonly string[] {
  const random = seededRandom(hashOf(text));
  const pieces: string[] = [];
  let rest = text;
  for (let cuts = randomBelow(random, MAX_CUTS); cuts > 0 && rest.length > 1; cuts -= 1) {
    const at = 1 + randomBelow(random, rest.length - 1);
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...pieces, rest];
}

function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}
