// Heads that came more than once, one object for each: read by whoever gets the same again, on whatever connection of a listener or cluster.
import { FIELD_NEVER_INDEXED, type Head, OFFSETS_PER_FIELD } from '../head.ts';

const MAX_HEADS = 512;
/** Longer ones are not kept. */
const MAX_LENGTH = 2_048;

export class SharedHeads<H extends Head> {
  readonly #create: () => H;
  /** By text, oldest first. */
  readonly #heads = new Map<string, H>();
  #count = 0;

  /** `create` makes a head without fields. */
  constructor(create: () => H) {
    this.#create = create;
  }

  /** The object that stands for all heads like `head`; null where it should not be kept: it is long, has a secret, opens a tunnel, or is changed on its way. */
  take(head: H): H | null {
    if (head.text.length > MAX_LENGTH || head.upgrade || ('isConnect' in head && head.isConnect)) return null;
    // What is left of it goes with each attempt, and what was said is struck out in the head itself.
    if (head.find('grpc-timeout') >= 0) return null;
    for (let field = 0; field < head.fieldCount; field += 1) {
      if (((head.hopByHop[field] as number) & FIELD_NEVER_INDEXED) !== 0) return null;
    }
    const known = this.#heads.get(head.text);
    if (known !== undefined && isSame(known, head)) return known;
    const shared = this.#copy(head);
    this.#heads.delete(head.text);
    this.#heads.set(head.text, shared);
    if (this.#heads.size > MAX_HEADS) this.#heads.delete(this.#heads.keys().next().value as string);
    return shared;
  }

  #copy(head: H): H {
    this.#count += 1;
    return Object.assign(this.#create(), head, {
      offsets: head.offsets.slice(0, head.fieldCount * OFFSETS_PER_FIELD),
      hopByHop: head.hopByHop.slice(0, head.fieldCount),
      shared: this.#count,
    });
  }
}

/** In everything that a head says: one text can be two heads, as an answer's to HEAD is. */
function isSame(one: Head, other: Head): boolean {
  for (const name of Object.keys(one) as (keyof Head)[]) {
    if (typeof one[name] !== 'object' && name !== 'shared' && one[name] !== other[name]) return false;
  }
  return one.hopByHop.every((flags, field) => flags === other.hopByHop[field]);
}
