// Turns a composed YAML tree into plain values: aliases counted, keys as texts, every key once.
import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap } from 'yaml';
import { resolvePlainScalar } from './yaml-scalar.ts';

/** Kubernetes' own objects stay below 30 levels. */
const MAX_DEPTH = 100;
/** What aliases may add to a document: some lines of YAML could otherwise stand for billions of values. */
const MAX_ALIASED_VALUES = 100_000;

/** A reason why a document can't be used, and where in its text. */
export class DocumentError extends Error {
  readonly offset: number;
  readonly remedy: string;

  constructor(message: string, offset: number, remedy: string) {
    super(message);
    this.name = 'DocumentError';
    this.offset = offset;
    this.remedy = remedy;
  }
}

interface Anchored {
  readonly value: unknown;
  /** How many values it stands for, itself included. */
  readonly size: number;
}

/** One reader per document. Mappings that an alias repeats are the same reference. */
export class YamlValueReader {
  readonly #anchors = new Map<string, Anchored>();
  #values = 0;
  #aliased = 0;

  /** Throws DocumentError. */
  read(node: ParsedNode | null, depth = 0): unknown {
    if (node === null) return null;
    if (depth > MAX_DEPTH) {
      throw new DocumentError(`is nested deeper than ${MAX_DEPTH} levels`, offsetOf(node), 'make it flatter');
    }
    if (isAlias(node)) return this.#readAlias(node.source, offsetOf(node));
    const before = this.#values;
    this.#values += 1;
    const value = this.#readPlain(node, depth);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value, size: this.#values - before });
    return value;
  }

  #readPlain(node: Exclude<ParsedNode, { source: string; resolve: unknown }>, depth: number): unknown {
    if (isMap(node)) return this.#readMap(node, depth);
    if (isSeq(node)) return node.items.map((item) => this.read(item as ParsedNode | null, depth + 1));
    return isScalar(node) ? scalarValue(node) : null;
  }

  #readMap(map: YAMLMap, depth: number): Record<string, unknown> {
    const merged: Record<string, unknown>[] = [];
    const values = new Map<string, unknown>();
    for (const pair of map.items) {
      const key = this.#readKey(pair.key as ParsedNode | null, map);
      const value = this.read(pair.value as ParsedNode | null, depth + 1);
      if (key === '<<' && isPlain(pair.key)) merged.push(...this.#mergeSources(value, pair.key as ParsedNode));
      else if (!values.has(key)) values.set(key, value);
      else
        throw new DocumentError(
          `has the key "${key}" twice`,
          offsetOf(pair.key as ParsedNode),
          twiceRemedy(key, depth),
        );
    }
    // What stands in the mapping itself wins, then the earlier of the merged ones.
    for (const source of merged) {
      for (const [key, value] of Object.entries(source)) if (!values.has(key)) values.set(key, value);
    }
    return Object.fromEntries(values);
  }

  #readKey(key: ParsedNode | null, map: YAMLMap): string {
    if (key === null) return 'null';
    if (isScalar(key)) {
      if (key.anchor !== undefined) this.#anchors.set(key.anchor, { value: scalarValue(key), size: 1 });
      return String(scalarValue(key));
    }
    const value = isAlias(key) ? this.read(key) : key;
    if (typeof value !== 'object') return String(value);
    throw new DocumentError('has a key that is not a plain text', offsetOf(map), 'write "key: value"');
  }

  #mergeSources(value: unknown, at: ParsedNode): Record<string, unknown>[] {
    const sources = Array.isArray(value) ? value : [value];
    return sources.map((source: unknown) => {
      if (typeof source !== 'object' || source === null || Array.isArray(source)) {
        throw new DocumentError('merges ("<<") what is not a mapping', offsetOf(at), 'name an anchored mapping');
      }
      const mapping: Record<string, unknown> = { ...source };
      this.#countAliased(Object.keys(mapping).length, offsetOf(at));
      return mapping;
    });
  }

  #readAlias(name: string, offset: number): unknown {
    const anchored = this.#anchors.get(name);
    if (anchored === undefined) {
      throw new DocumentError(
        `uses the alias "*${name}", which stands for nothing`,
        offset,
        `define "&${name}" before it`,
      );
    }
    this.#countAliased(anchored.size, offset);
    this.#values += anchored.size;
    return anchored.value;
  }

  #countAliased(size: number, offset: number): void {
    this.#aliased += size;
    if (this.#aliased <= MAX_ALIASED_VALUES) return;
    const message = `has aliases that stand for more than ${MAX_ALIASED_VALUES} values`;
    throw new DocumentError(message, offset, 'write the values out, or remove aliases');
  }
}

function isPlain(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN';
}

const RESOLVED_TAGS: ReadonlySet<string | undefined> = new Set(
  ['int', 'float', 'bool', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
);

function scalarValue(node: { readonly value: unknown; readonly tag?: string; readonly source?: string }): unknown {
  if (RESOLVED_TAGS.has(node.tag)) return resolvePlainScalar(node.source ?? '');
  return node.value instanceof Uint8Array ? Buffer.from(node.value).toString('utf8') : node.value;
}

export function offsetOf(
  node: { readonly range?: readonly [number, number, number] | null | undefined } | null,
): number {
  return node?.range?.[0] ?? 0;
}

/** Of a whole document that begins twice, two were meant. */
function twiceRemedy(key: string, depth: number): string {
  const begins = depth === 0 && (key === 'apiVersion' || key === 'kind');
  return begins ? 'put "---" on a line between two objects' : 'keep one of them';
}
