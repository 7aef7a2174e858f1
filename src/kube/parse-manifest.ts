// Reads the text of a manifest file into typed objects and every problem that it has.
import { nearest } from '../base/nearest.ts';
import { errorIssue, type Issue, warningIssue } from '../base/result.ts';
import { itemDocuments, lineFinder, type ManifestDocument, parseDocuments } from './document.ts';
import { Fields, isMapping } from './fields.ts';
import { KINDS, type KindRow } from './index.ts';
import type { Located } from './meta.ts';
import type { KubeObject } from './objects.ts';
import { checkOwnKeys } from './own-keys.ts';

/** Where one file stops being read: larger ones are refused with an issue. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** Problems told for one file; the rest is counted. */
export const MAX_ISSUES_PER_FILE = 20;

export interface Manifest {
  /** In the order of the text. */
  readonly objects: readonly Located<KubeObject>[];
  readonly issues: readonly Issue[];
}

/**
 * `---`-separated YAML or JSON, and the items of a `kind: List`. A document or object with an error is left out and
 * the others are kept; a kind that we do not read is a warning. `source` names the text in issues. Never throws.
 */
export function parseManifest(text: string, source: string): Manifest {
  if (text.length > MAX_MANIFEST_BYTES) return { objects: [], issues: [tooLargeIssue(source)] };
  const { documents, issues } = parseDocuments(text, source);
  const parsed = documents.flatMap((document) => parseObjects(document, source));
  const objects = parsed.flatMap((one) => one.object ?? []);
  return { objects, issues: capIssues([...issues, ...parsed.flatMap((one) => one.issues)].sort(byLine), source) };
}

export function tooLargeIssue(source: string): Issue {
  const limit = MAX_MANIFEST_BYTES / 1024 / 1024;
  return errorIssue(`is larger than ${limit} MiB and was not read`, { source, remedy: 'split it into several files' });
}

interface ParsedObject {
  readonly object?: Located<KubeObject>;
  readonly issues: readonly Issue[];
}

function parseObjects(document: ManifestDocument, source: string): ParsedObject[] {
  const { value, chunk } = document;
  if (!isMapping(value)) {
    const line = lineFinder(chunk)('');
    const remedy = 'begin it with apiVersion and kind';
    return [{ issues: [errorIssue('the document is not a Kubernetes object', { source, line, remedy })] }];
  }
  const items = value['items'];
  if (typeof value['kind'] !== 'string' || !value['kind'].endsWith('List') || !Array.isArray(items)) {
    return [parseObject(document, value, source)];
  }
  return itemDocuments(document, items, 'items').flatMap((item) => parseObjects(item, source));
}

function parseObject(
  document: ManifestDocument,
  value: Readonly<Record<string, unknown>>,
  source: string,
): ParsedObject {
  const lineOf = lineFinder(document.chunk);
  const place = (path: string) => ({ source, line: lineOf(path), path });
  const row = findKind(value);
  if (row === null) return { issues: [unknownKindIssue(value, place)] };
  const issues: Issue[] = [];
  const fields = new Fields(value, '', (path, message, remedy) => {
    if (issues.length < MAX_ISSUES_PER_FILE) issues.push(errorIssue(message, { ...place(path), remedy }));
  });
  const object = row.read(fields);
  if (issues.length > 0) return { issues };
  const remarks: Issue[] = [];
  checkOwnKeys(object, (path, message, remedy) => remarks.push(warningIssue(message, { ...place(path), remedy })));
  return { object: { object, origin: originOf(document, source) }, issues: remarks };
}

function originOf({ chunk }: ManifestDocument, source: string): ManifestOrigin {
  return new ManifestOrigin(source, chunk.line, chunk.indent, chunk.text);
}

/** A place in a file. It keeps the text of its document, and looks for a line when it is asked, once. */
export class ManifestOrigin {
  readonly source: string;
  readonly line: number;
  readonly #indent: number;
  readonly #text: string;
  /** Problems are looked at again with each change of something else. */
  readonly #found = new Map<string, number>();

  constructor(source: string, line: number, indent: number, text: string) {
    this.source = source;
    this.line = line;
    this.#indent = indent;
    this.#text = text;
  }

  lineOf(path: string): number {
    let line = this.#found.get(path);
    if (line === undefined) {
      line = lineFinder({ text: this.#text, line: this.line, indent: this.#indent })(path);
      this.#found.set(path, line);
    }
    return line;
  }

  /** The same text on the same lines of the same file: whatever was read from it is the same too. */
  equals(other: unknown): boolean {
    return (
      other instanceof ManifestOrigin &&
      this.source === other.source &&
      this.line === other.line &&
      this.#indent === other.#indent &&
      this.#text === other.#text
    );
  }
}

function findKind(value: Readonly<Record<string, unknown>>): KindRow | null {
  return KINDS.find((row) => row.kind === value['kind'] && row.apiVersion === value['apiVersion']) ?? null;
}

type PlaceOf = (path: string) => { readonly source: string; readonly line: number; readonly path: string };

function unknownKindIssue(value: Readonly<Record<string, unknown>>, place: PlaceOf): Issue {
  const { kind, apiVersion } = value;
  if (typeof kind !== 'string') {
    return errorIssue('has no kind', { ...place(''), remedy: 'begin it with apiVersion and kind' });
  }
  const row = KINDS.find((known) => known.kind === kind);
  if (row !== undefined) return wrongVersionIssue(row, apiVersion, place);
  const what = `"${kind}" (${String(apiVersion)}) is not read`;
  const misspelt = misspeltKind(kind, String(apiVersion));
  if (misspelt !== null) return errorIssue(what, { ...place('kind'), remedy: `did you mean ${misspelt}?` });
  const known = [...new Set(KINDS.map((one) => one.kind))];
  return warningIssue(what, { ...place('kind'), remedy: `the kinds that count here are ${known.join(', ')}` });
}

function wrongVersionIssue({ kind, apiVersion: right }: KindRow, apiVersion: unknown, place: PlaceOf): Issue {
  if (typeof apiVersion !== 'string') {
    return errorIssue(`${kind} has no apiVersion`, { ...place('kind'), remedy: `add "apiVersion: ${right}"` });
  }
  if (sameGroup(right, apiVersion)) {
    const remedy = `write "apiVersion: ${right}"`;
    return errorIssue(`${kind} is not read in version "${apiVersion}"`, { ...place('apiVersion'), remedy });
  }
  // Others have kinds of the same name: Knative's Service is none of ours.
  return warningIssue(`"${kind}" (${apiVersion}) is not read`, {
    ...place('kind'),
    remedy: `the ${kind} that counts here has "apiVersion: ${right}"`,
  });
}

/** Kinds of groups that we read which are near the name of another one, and mean what they say. Source: Gateway API, experimental channel. */
const OTHER_KINDS: ReadonlySet<string> = new Set(['TCPRoute', 'TLSRoute', 'UDPRoute']);

/** A typing error, so that the object which it was stays: nobody writes such a kind of such a group on purpose. */
function misspeltKind(kind: string, apiVersion: string): string | null {
  if (OTHER_KINDS.has(kind)) return null;
  const known = KINDS.filter((row) => groupOf(row.apiVersion) === groupOf(apiVersion)).map((row) => row.kind);
  return nearest(kind, known);
}

/** `right` as it was written: of the core group, where every other kind once began, or misspelt is the same. */
function sameGroup(left: string, right: string): boolean {
  const group = groupOf(left);
  const written = groupOf(right);
  return group === written || isFormerGroup(right) || written === '' || nearest(written, [group]) !== null;
}

/** Deployments and their like stood in `extensions` once. */
function isFormerGroup(apiVersion: string): boolean {
  return groupOf(apiVersion) === 'extensions';
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

function byLine(left: Issue, right: Issue): number {
  return (left.line ?? 0) - (right.line ?? 0);
}

function capIssues(issues: readonly Issue[], source: string): readonly Issue[] {
  if (issues.length <= MAX_ISSUES_PER_FILE) return issues;
  const rest = issues.slice(MAX_ISSUES_PER_FILE);
  const severe = rest.some((issue) => issue.severity === 'error');
  const message = `has ${rest.length} more problems`;
  const remedy = 'mend the ones above first';
  const last = severe ? errorIssue(message, { source, remedy }) : warningIssue(message, { source, remedy });
  return [...issues.slice(0, MAX_ISSUES_PER_FILE), last];
}
