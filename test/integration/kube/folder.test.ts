// Promises of watching a folder of manifests, on a real file system.
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { type Cancel, systemClock } from '../../../src/base/clock.ts';
import { renderIssue } from '../../../src/base/result.ts';
import { watchFolder } from '../../../src/kube/folder.ts';
import type { FolderContents } from '../../../src/kube/folder-reader.ts';
import { keyOf, renderKey } from '../../../src/kube/objects.ts';
import { Emissions } from '../../support/emissions.ts';
import { TempFolder } from '../../support/temp-folder.ts';

const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`;
const names = (contents: FolderContents): string => contents.objects.map(({ object }) => object.metadata.name).join();
const issues = (contents: FolderContents): string[] => contents.issues.map(renderIssue);

describe('watchFolder', () => {
  let folder: TempFolder;
  let seen: Emissions<FolderContents>;
  let cancel: Cancel;

  beforeEach(() => {
    folder = new TempFolder();
    seen = new Emissions();
    cancel = () => {};
  });

  afterEach(() => {
    cancel();
    folder.remove();
  });

  function watchIt(dir = folder.path, rescanMs?: number): void {
    const options = rescanMs === undefined ? {} : { rescanMs };
    cancel = watchFolder(dir, { clock: systemClock, ...options }, seen.emit);
  }

  it('reads *.yaml, *.yml and *.json recursively, by path, and nothing else', async () => {
    folder.write('b.yaml', namespace('b'));
    folder.write('a/x.yml', namespace('a'));
    folder.write('c/d/e.json', '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "c"}}');
    folder.write('readme.md', 'not: a: manifest');
    folder.write('.git/x.yaml', 'not: a: manifest');
    folder.write('node_modules/y/x.yaml', 'not: a: manifest');
    watchIt();
    const first = await seen.until(() => true);
    expect([names(first), first.readable, issues(first)]).toEqual(['a,b,c', true, []]);
  });

  it('sees new files, edits in place, atomic replacements, renames and deletions', async () => {
    folder.write('a.yaml', namespace('a'));
    watchIt();
    await seen.until((contents) => names(contents) === 'a');
    folder.write('b.yaml', namespace('b'));
    await seen.until((contents) => names(contents) === 'a,b');
    folder.write('b.yaml', namespace('c'));
    await seen.until((contents) => names(contents) === 'a,c');
    folder.replace('a.yaml', namespace('z'));
    await seen.until((contents) => names(contents) === 'z,c');
    folder.replace('a.yaml', namespace('w'));
    await seen.until((contents) => names(contents) === 'w,c');
    renameSync(folder.at('a.yaml'), folder.at('x.yaml'));
    await seen.until((contents) => names(contents) === 'c,w');
    folder.remove('b.yaml');
    expect(issues(await seen.until((contents) => names(contents) === 'w'))).toEqual([]);
  });

  it('sees files in folders that come later, nested ones and ones that were moved in too', async () => {
    watchIt();
    await seen.until(() => true);
    folder.write('new/deep/er/a.yaml', namespace('a'));
    await seen.until((contents) => names(contents) === 'a');
    folder.write('new/deep/er/b.yaml', namespace('b'));
    await seen.until((contents) => names(contents) === 'a,b');
    folder.remove('new');
    await seen.until((contents) => names(contents) === '');
    folder.write('new/deep/er/c.yaml', namespace('c'));
    await seen.until((contents) => names(contents) === 'c');
    const other = new TempFolder();
    other.write('d.yaml', namespace('d'));
    renameSync(other.path, folder.at('moved'));
    await seen.until((contents) => names(contents) === 'd,c');
    folder.write('moved/e.yaml', namespace('e'));
    await seen.until((contents) => names(contents) === 'd,e,c');
  });

  it('hands out the same references for what did not change', async () => {
    folder.write('a.yaml', `${namespace('a')}---\n${namespace('b')}`);
    watchIt();
    const before = await seen.until((contents) => names(contents) === 'a,b');
    folder.write('a.yaml', `${namespace('a')}---\n${namespace('b')}  # changed\n---\n${namespace('c')}`);
    const after = await seen.until((contents) => names(contents) === 'a,b,c');
    expect(after.objects[0]).toBe(before.objects[0]);
    folder.write('a.yaml', `# one line more\n${namespace('a')}`);
    const moved = await seen.until((contents) => names(contents) === 'a');
    expect(moved.objects[0]).not.toBe(before.objects[0]);
    expect(moved.objects[0]?.origin.line).toBe(2);
  });

  it('does not emit for a change that changes nothing', async () => {
    folder.write('a.yaml', namespace('a'));
    watchIt();
    await seen.until((contents) => names(contents) === 'a');
    folder.replace('a.yaml', namespace('a'));
    folder.write('other.txt', 'x');
    folder.write('b.yaml', namespace('b'));
    await seen.until((contents) => names(contents) === 'a,b');
    expect(seen.all.map(names)).toEqual(['a', 'a,b']);
  });

  it('keeps the last good objects of a file that has become malformed, and says so until it is mended', async () => {
    folder.write('a.yaml', `${namespace('a')}---\n${namespace('b')}`);
    watchIt();
    await seen.until((contents) => names(contents) === 'a,b');
    folder.write('a.yaml', `${namespace('a')}---\n${namespace('b')}broken: [\n---\n${namespace('c')}`);
    const broken = await seen.until((contents) => contents.issues.length > 0);
    expect(names(broken)).toBe('a,c,b');
    expect(issues(broken)).toEqual([
      expect.stringMatching(/a\.yaml:\d+: not valid YAML: .*; mend it$/),
      expect.stringMatching(
        /a\.yaml: what it held before stays in force: Namespace b; mend the errors, or delete the file/,
      ),
    ]);
    folder.write('a.yaml', `${namespace('a')}---\n${namespace('c')}`);
    expect(issues(await seen.until((contents) => names(contents) === 'a,c'))).toEqual([]);
  });

  it('keeps what it was of an object whose kind has become misspelt', async () => {
    folder.write('a.yaml', namespace('a'));
    watchIt();
    await seen.until((contents) => names(contents) === 'a');
    folder.write('a.yaml', namespace('a').replace('kind: Namespace', 'kind: Namspace'));
    const broken = await seen.until((contents) => contents.issues.length > 0);
    expect(names(broken)).toBe('a');
    expect(issues(broken)).toEqual([
      expect.stringMatching(/kind: "Namspace" \(v1\) is not read; did you mean Namespace\?$/),
      expect.stringMatching(/what it held before stays in force: Namespace a; /),
    ]);
  });

  it('believes that a file was emptied only at the second look, as editors empty before they write', async () => {
    folder.write('a.yaml', namespace('a'));
    folder.write('b.yaml', namespace('b'));
    watchIt();
    await seen.until((contents) => names(contents) === 'a,b');
    folder.write('a.yaml', '');
    folder.write('b.yaml', namespace('c'));
    await seen.until((contents) => names(contents) === 'c');
    expect(seen.all.map(names)).toEqual(['a,b', 'a,c', 'c']);
  });

  it('lets the later of two objects with one name count, and names both places', async () => {
    folder.write('a.yaml', namespace('a'));
    folder.write('b.yaml', `\n${namespace('a')}`);
    watchIt();
    const contents = await seen.until(() => true);
    expect(contents.objects.map(({ object, origin }) => [renderKey(keyOf(object)), origin.source])).toEqual([
      ['Namespace a', folder.at('b.yaml')],
    ]);
    expect(issues(contents)).toEqual([
      `${folder.at('b.yaml')}:2: Namespace a stands here and in ${folder.at('a.yaml')}:1; this one counts; remove one of them, or give it another name`,
    ]);
  });

  it('follows links to files, as a mounted ConfigMap has them, and not links to folders', async () => {
    const other = new TempFolder();
    other.write('a.yaml', namespace('a'));
    symlinkSync(other.at('a.yaml'), folder.at('link.yaml'));
    symlinkSync(folder.path, folder.at('loop'));
    watchIt();
    expect(names(await seen.until(() => true))).toBe('a');
    other.remove();
  });

  it('says that the folder is not there, is not readable until it is, and keeps its objects when it goes away', async () => {
    const later = folder.at('later');
    watchIt(later, 20);
    const missing = await seen.until(() => true);
    expect([missing.readable, missing.objects]).toEqual([false, []]);
    expect(issues(missing)).toEqual([
      expect.stringMatching(/later: the folder can't be read: ENOENT.*; create it, or name another one$/),
    ]);
    folder.write('later/a.yaml', namespace('a'));
    expect((await seen.until((contents) => names(contents) === 'a')).readable).toBe(true);
    renameSync(later, folder.at('gone'));
    const gone = await seen.until((contents) => contents.issues.length > 0);
    expect([names(gone), gone.readable]).toEqual(['a', true]);
    mkdirSync(later);
    expect(names(await seen.until((contents) => contents.issues.length === 0))).toBe('');
  });

  it('reads no more files and folders than its limits, and says so', async () => {
    for (const name of ['a', 'b', 'c']) folder.write(`${name}/${name}.yaml`, namespace(name));
    cancel = watchFolder(folder.path, { clock: systemClock, maxFiles: 1, maxFolders: 3 }, seen.emit);
    const contents = await seen.until(() => true);
    expect(names(contents)).toBe('a');
    expect(issues(contents)).toEqual([
      `${folder.path}: holds more than 3 folders; the rest is not read; name a folder with the manifests only`,
      `${folder.path}: holds more than 1 files; the rest is not read; name a folder with the manifests only`,
    ]);
  });

  it('emits nothing after it was cancelled', async () => {
    watchIt();
    cancel();
    folder.write('a.yaml', namespace('a'));
    const second = new Emissions<FolderContents>();
    const stop = watchFolder(folder.path, { clock: systemClock }, second.emit);
    await second.until((contents) => names(contents) === 'a');
    stop();
    expect(seen.all).toEqual([]);
  });
});
