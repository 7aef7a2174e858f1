// Holds what the files of a folder say, and brings it up to date with as little reading as possible.
import { readFile } from 'node:fs/promises';
import { codeOf, messageOf } from '../base/coded-error.ts';
import { errorIssue, type Issue, renderIssue, warningIssue } from '../base/result.ts';
import { type FileEntry, type ListingLimits, listManifests } from './folder-files.ts';
import type { Located } from './meta.ts';
import { type KubeObject, keyOf, renderKey } from './objects.ts';
import { MAX_MANIFEST_BYTES, ManifestOrigin, parseManifest, tooLargeIssue } from './parse-manifest.ts';

export interface FolderContents {
  /** False until the folder could be read for the first time: that is not the same as an empty one. */
  readonly readable: boolean;
  /** By file, then by line, what only an earlier text told last; each key once. What did not change is the same reference as before. */
  readonly objects: readonly Located<KubeObject>[];
  readonly issues: readonly Issue[];
}

export interface ScanResult {
  readonly contents: FolderContents;
  /** False: it is the same object as before. */
  readonly changed: boolean;
  /** A file looks half written: look again soon. */
  readonly unsettled: boolean;
}

interface FileState {
  /** '' = read it again next time. */
  readonly stamp: string;
  readonly text: string | null;
  /** From the text itself. */
  readonly objects: readonly Located<KubeObject>[];
  /** What an earlier text held and the present, malformed one does not. */
  readonly kept: readonly Located<KubeObject>[];
  readonly issues: readonly Issue[];
  /** It was found empty once, which is not believed yet. */
  readonly emptied: boolean;
}

const NEW_FILE: FileState = { stamp: '', text: null, objects: [], kept: [], issues: [], emptied: false };
/** Two writes within one tick of a file system's clock look alike: a stamp this young is not trusted. */
const RACY_MS = 100;
const FILES_AT_ONCE = 16;
const NAMED_KEYS = 5;

export class FolderReader {
  readonly #dir: string;
  readonly #limits: ListingLimits;
  #files = new Map<string, FileState>();
  #contents: FolderContents = { readable: false, objects: [], issues: [] };
  #unsettled = false;

  constructor(dir: string, limits: ListingLimits) {
    this.#dir = dir;
    this.#limits = limits;
  }

  /** One at a time. `wallNowMs` is the time since the epoch. While the folder can't be read its last objects stay. */
  async scan(wallNowMs: number, onFolder: (path: string, inode: number) => void): Promise<ScanResult> {
    const listing = await listManifests(this.#dir, this.#limits, onFolder);
    this.#unsettled = false;
    if (!listing.readable) return this.#finish({ ...this.#contents, issues: listing.issues });
    const files = new Map<string, FileState>();
    for (let i = 0; i < listing.files.length; i += FILES_AT_ONCE) {
      const batch = listing.files.slice(i, i + FILES_AT_ONCE);
      const states = await Promise.all(batch.map((file) => this.#readFile(file, wallNowMs)));
      for (const [at, file] of batch.entries()) {
        const state = states[at] ?? null;
        if (state !== null) files.set(file.path, state);
      }
    }
    this.#files = files;
    const merged = mergeFiles([...files.values()]);
    const issues = [...listing.issues, ...[...files.values()].flatMap((file) => file.issues), ...merged.issues];
    return this.#finish({ readable: true, objects: merged.objects, issues });
  }

  #finish(contents: FolderContents): ScanResult {
    const changed = !sameContents(this.#contents, contents);
    if (changed) this.#contents = contents;
    return { contents: this.#contents, changed, unsettled: this.#unsettled };
  }

  /** Null: it went away. */
  async #readFile(file: FileEntry, wallNowMs: number): Promise<FileState | null> {
    const before = this.#files.get(file.path) ?? NEW_FILE;
    if (before.stamp === file.stamp) return before;
    const age = wallNowMs - file.modifiedMs;
    const stamp = age > RACY_MS ? file.stamp : '';
    if (file.size > MAX_MANIFEST_BYTES)
      return malformed(before, { ...NEW_FILE, stamp, issues: [tooLargeIssue(file.path)] });
    try {
      return this.#parse(file.path, await readFile(file.path), { ...before, stamp });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      const remedy = 'make it readable for the user that runs Switchboard';
      const issue = errorIssue(`can't be read: ${messageOf(error)}`, { source: file.path, remedy });
      return malformed(before, { ...NEW_FILE, issues: [issue] });
    }
  }

  #parse(path: string, bytes: Buffer, before: FileState): FileState {
    const text = bytes.toString('utf8');
    if (text === before.text) return { ...before, emptied: false };
    if (bytes.length === 0 && before.objects.length > 0 && !before.emptied) {
      // Many editors empty a file and then write it: believed when it is still so at the next look.
      this.#unsettled = true;
      return { ...before, stamp: '', emptied: true };
    }
    const { objects, issues } = parseManifest(text, path);
    const now: FileState = { ...before, text, objects: reuse(before, objects), kept: [], issues, emptied: false };
    return issues.some((issue) => issue.severity === 'error') ? malformed(before, now) : now;
  }
}

/** What the file held and no longer tells stays in force until it is well-formed again: a typing error removes nothing. */
function malformed(before: FileState, now: FileState): FileState {
  const told = new Set(now.objects.map(({ object }) => renderKey(keyOf(object))));
  const kept = [...before.objects, ...before.kept].filter(({ object }) => !told.has(renderKey(keyOf(object))));
  return { ...now, kept, issues: kept.length === 0 ? now.issues : [...now.issues, keptIssue(now, kept)] };
}

function keptIssue(now: FileState, kept: readonly Located<KubeObject>[]): Issue {
  const names = kept.slice(0, NAMED_KEYS).map(({ object }) => renderKey(keyOf(object)));
  const more = kept.length > NAMED_KEYS ? ` and ${kept.length - NAMED_KEYS} more` : '';
  const source = now.issues[0]?.source;
  return warningIssue(`what it held before stays in force: ${names.join(', ')}${more}`, {
    ...(source === undefined ? {} : { source }),
    remedy: 'mend the errors, or delete the file to remove them',
  });
}

/** Objects of the old text that stand unchanged in the new one keep their identity. */
function reuse(before: FileState, objects: readonly Located<KubeObject>[]): readonly Located<KubeObject>[] {
  const known = new Map([...before.kept, ...before.objects].map((old) => [renderKey(keyOf(old.object)), old]));
  return objects.map((located) => {
    const old = known.get(renderKey(keyOf(located.object)));
    const same = old?.origin instanceof ManifestOrigin && old.origin.equals(located.origin);
    return same ? old : located;
  });
}

/** As with kubectl, of two objects with one name the later one counts. */
function mergeFiles(files: readonly FileState[]): Omit<FolderContents, 'readable'> {
  const byKey = new Map<string, Located<KubeObject>>();
  const issues: Issue[] = [];
  for (const file of files) {
    for (const located of file.objects) {
      const key = renderKey(keyOf(located.object));
      const other = byKey.get(key);
      if (other !== undefined) issues.push(twiceIssue(key, other, located));
      byKey.delete(key);
      byKey.set(key, located);
    }
  }
  for (const file of files) {
    for (const located of file.kept) {
      const key = renderKey(keyOf(located.object));
      if (!byKey.has(key)) byKey.set(key, located);
    }
  }
  return { objects: [...byKey.values()], issues };
}

function twiceIssue(key: string, first: Located<KubeObject>, second: Located<KubeObject>): Issue {
  const { source, line } = second.origin;
  const place = { source, ...(line === undefined ? {} : { line }) };
  return warningIssue(`${key} stands here and in ${first.origin.source}:${first.origin.line}; this one counts`, {
    ...place,
    remedy: 'remove one of them, or give it another name',
  });
}

function sameContents(left: FolderContents, right: FolderContents): boolean {
  return (
    left.readable === right.readable &&
    left.objects.length === right.objects.length &&
    left.objects.every((located, index) => located === right.objects[index]) &&
    left.issues.map(renderIssue).join('\n') === right.issues.map(renderIssue).join('\n')
  );
}
