// Makes the package that is published, switchboard-mesh: launcher, bundle, licences; no dependencies, because all are bundled.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { buildBundle, NATIVE } from './build.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_OUTPUT = 'dist/package';
const COPIED = ['bin/switchboard.cjs', 'LICENSE', 'README.md', 'CHANGELOG.md'];
const LICENCE_NAMES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'COPYING'];

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
}

/** Replaces `output` (from the root, or absolute) by a folder that `npm pack` and `npm publish` take as it is. */
export async function makePackage(output = DEFAULT_OUTPUT): Promise<void> {
  const folder = resolve(root, output);
  rmSync(folder, { recursive: true, force: true });
  const metafile = await buildBundle(join(folder, 'dist'));
  // Only redirected connections need it, and then an image brings it.
  const external = externalImports(metafile).filter((name) => !NATIVE.includes(name));
  if (external.length > 0)
    throw new Error(`the bundle still imports ${external.join(', ')}: the package has no dependencies`);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const file of COPIED) copyFileSync(join(root, file), join(folder, file));
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), renderLicences(metafile));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
}

/** Its own: without scripts, development tools and the pinned runtime. */
function manifest(): Readonly<Record<string, unknown>> {
  const { version, description, license } = readPackageJson(root);
  return {
    name: 'switchboard-mesh',
    version,
    description,
    license,
    type: 'module',
    bin: { switchboard: 'bin/switchboard.cjs', 'switchboard-mesh': 'bin/switchboard.cjs' },
    files: ['bin', 'dist/*.mjs', 'THIRD-PARTY-LICENSES.txt', 'CHANGELOG.md'],
  };
}

/** What the bundle asks of the outside beyond Node's own modules. */
export function externalImports(metafile: Metafile): string[] {
  const names = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter((one) => one.external === true && !isBuiltin(one.path)).map((one) => one.path),
  );
  return [...new Set(names)].sort();
}

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}

/** Folders of the packages that have code in the bundle: `node_modules/@scope/name`, nested ones too. */
export function bundledPackages(metafile: Metafile): string[] {
  const folders = Object.keys(metafile.inputs).flatMap((path) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return [...new Set(folders)].sort();
}

function renderLicences(metafile: Metafile): string {
  const parts = bundledPackages(metafile).map((folder) => {
    const { name, version, license } = readPackageJson(join(root, folder));
    const file = LICENCE_NAMES.map((one) => join(root, folder, one)).find((one) => existsSync(one));
    const text = file === undefined ? renderNotices(folder, metafile) : readFileSync(file, 'utf8').trim();
    return `${name} ${version}, ${license ?? 'no licence named'}\n\n${text}\n`;
  });
  const rule = '-'.repeat(80);
  return ['The bundle contains code of these packages.\n', ...parts].join(`\n${rule}\n\n`);
}

/** For a package without a licence file: the notices at the head of its bundled files. The text of Apache-2.0 is our own LICENSE. */
function renderNotices(folder: string, metafile: Metafile): string {
  const files = Object.keys(metafile.inputs).filter((path) => path.startsWith(`${folder}/`));
  const notices = files.map((path) => leadingComment(readFileSync(join(root, path), 'utf8')));
  return [...new Set(notices.filter((notice) => notice.includes('Copyright')))].join('\n\n');
}

/** The `//` lines that a file begins with, without their slashes. */
export function leadingComment(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
}

function readPackageJson(folder: string): PackageJson {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

if (import.meta.main) await makePackage(process.argv[2]);
