// The fields of one head while a route changes them: a copy, made only for routes that do.
import { FIELD_HOP, type Head, OFFSETS_PER_FIELD } from '../codec/head.ts';
import { foldCase } from './text-matcher.ts';

interface Field {
  readonly name: string;
  /** As it was sent. */
  readonly spelling: string;
  readonly value: string;
}

export class FieldList {
  #fields: Field[] = [];

  /** The fields of `head` that go on beyond this hop, without `without` (lower case). */
  static of(head: Head, without: string): FieldList {
    const list = new FieldList();
    for (let field = 0; field < head.fieldCount; field += 1) {
      if (((head.hopByHop[field] as number) & FIELD_HOP) !== 0) continue;
      const at = field * OFFSETS_PER_FIELD;
      const spelling = head.text.slice(head.offsets[at], head.offsets[at + 1]);
      const name = foldCase(spelling);
      if (name !== without) list.#fields.push({ name, spelling, value: head.valueAt(field) });
    }
    return list;
  }

  has(name: string): boolean {
    return this.#fields.some((field) => field.name === name);
  }

  /** Value of the first field of that name. */
  get(name: string): string | null {
    return this.#fields.find((field) => field.name === name)?.value ?? null;
  }

  remove(name: string): void {
    this.#fields = this.#fields.filter((field) => field.name !== name);
  }

  append(name: string, value: string): void {
    this.#fields.push({ name, spelling: name, value });
  }

  /** It stands where the first of that name stood, or at the end. */
  overwrite(name: string, value: string): void {
    const at = this.#fields.findIndex((field) => field.name === name);
    if (at < 0) {
      this.append(name, value);
      return;
    }
    const before = this.#fields.slice(0, at + 1).with(at, { name, spelling: name, value });
    this.#fields = [...before, ...this.#fields.slice(at + 1).filter((field) => field.name !== name)];
  }

  /** Behind what fields of that name say, as one field. */
  addToList(name: string, value: string): void {
    const said = this.#fields.filter((field) => field.name === name).map((field) => field.value);
    this.overwrite(name, [...said, value].join(','));
  }

  /** `name: value\r\n` each. */
  render(): string {
    return this.#fields.map(({ spelling, value }) => `${spelling}: ${value}\r\n`).join('');
  }
}
