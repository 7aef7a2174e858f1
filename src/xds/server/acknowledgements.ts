// What was said under which nonce, and what the client said to that. The same for both variants of the protocol.

/** More refused resources than this are told by number only. */
export const MAX_REFUSALS = 64;

/** Stands for a refusal that does not tell which resource it means. */
const SOME = '';

export interface Refusal {
  readonly version: string;
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface Sent {
  readonly version: string;
  /** Every resource that the response had, and every one that it said was gone. */
  readonly names: readonly string[];
  /** What the response left out is gone. */
  readonly complete: boolean;
}

export class Acknowledgements {
  #outstanding: Sent | null = null;
  #lastNonce = '';
  #sentVersion = '';
  #ackedVersion = '';
  /** By resource: what stands refused now. */
  readonly #refused = new Map<string, Refusal>();

  /** A response waits for its ACK or NACK: no other may be sent meanwhile. */
  get outstanding(): boolean {
    return this.#outstanding !== null;
  }

  /** What the response that waits brought or took away; empty when none waits. */
  get awaited(): readonly string[] {
    return this.#outstanding?.names ?? [];
  }

  /** Version of the last response; '' before the first. */
  get sentVersion(): string {
    return this.#sentVersion;
  }

  get ackedVersion(): string {
    return this.#ackedVersion;
  }

  /** By name of the resource ('' where the client did not say which), the oldest first, at most MAX_REFUSALS. */
  get refused(): ReadonlyMap<string, Refusal> {
    return this.#refused;
  }

  /** True for a nonce of an earlier response; '' (none) is never stale. */
  isStale(nonce: string): boolean {
    return nonce !== '' && nonce !== this.#lastNonce;
  }

  send(nonce: string, sent: Sent): void {
    this.#outstanding = sent;
    this.#lastNonce = nonce;
    this.#sentVersion = sent.version;
  }

  /** The client holds `version` from an earlier stream: nothing had to be sent. */
  adopt(version: string): void {
    this.#sentVersion = version;
    this.#ackedVersion = version;
  }

  /** Takes the client's word on the outstanding response; a nonce that was answered before only repeats the names. False: it was no answer. */
  answer(nonce: string, reason: string | null, at: number): boolean {
    const sent = this.#outstanding;
    if (sent === null || nonce === '' || nonce !== this.#lastNonce) return false;
    this.#outstanding = null;
    if (sent.complete) this.#refused.clear();
    this.#refused.delete(SOME);
    for (const name of sent.names) this.#refused.delete(name);
    if (reason === null) this.#ackedVersion = sent.version;
    else this.#refuse(sent, { version: sent.version, reason, at });
    return true;
  }

  /** Nobody wants it any more. */
  forget(name: string): void {
    this.#refused.delete(name);
  }

  /** Of several resources in a response those count as refused that the reason names: clients apply the others. */
  #refuse({ names }: Sent, refusal: Refusal): void {
    const meant = names.length === 1 ? names : names.filter((name) => mentions(refusal.reason, name));
    for (const name of meant.length === 0 ? [SOME] : meant) {
      if (this.#refused.size < MAX_REFUSALS) this.#refused.set(name, refusal);
    }
  }
}

/** As a word of its own: `web` is not mentioned by `web-2`. */
function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const after = text[at + name.length] ?? ' ';
    const before = text[at - 1] ?? ' ';
    if (!isNamePart(before) && !isNamePart(after)) return true;
    // The name and a full stop that ends the sentence.
    if (!isNamePart(before) && after === '.' && !isNamePart(text[at + name.length + 1] ?? ' ')) return true;
  }
  return false;
}

function isNamePart(character: string): boolean {
  return /[\w.|/-]/.test(character);
}
