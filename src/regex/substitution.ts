// What a match is replaced by: literal text and groups, `\0` … `\9`.

export class Substitution {
  readonly maxGroup: number;
  readonly #parts: readonly (string | number)[];

  private constructor(parts: readonly (string | number)[]) {
    this.#parts = parts;
    this.maxGroup = parts.reduce<number>((max, part) => (typeof part === 'number' ? Math.max(max, part) : max), 0);
  }

  /** Null when a `\` has neither a digit nor another `\` behind it. Source: RE2::Rewrite. */
  static parse(text: string): Substitution | null {
    const parts: (string | number)[] = [];
    let literal = '';
    for (let at = 0; at < text.length; at += 1) {
      const character = text[at] as string;
      if (character !== '\\') {
        literal += character;
        continue;
      }
      at += 1;
      const next = text[at] ?? '';
      if (next === '\\') literal += next;
      else if (next >= '0' && next <= '9' && next !== '') {
        if (literal !== '') parts.push(literal);
        literal = '';
        parts.push(Number(next));
      } else return null;
    }
    if (literal !== '') parts.push(literal);
    return new Substitution(parts);
  }

  /** The literal text in it, groups left out. */
  get literals(): string {
    return this.#parts.filter((part) => typeof part === 'string').join('');
  }

  expand(group: (index: number) => string): string {
    let out = '';
    for (const part of this.#parts) out += typeof part === 'string' ? part : group(part);
    return out;
  }
}
