// Bundles src/main.ts into dist/switchboard.mjs, split so that a command loads only what it uses.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** grpc-js reaches for `require`, which an ES module has not. */
const REQUIRE_BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** What has binaries of its own is not bundled: it is imported where it is needed, and found beside the bundle. */
export const NATIVE: readonly string[] = ['koffi'];

/** Programs of an earlier build may still run and load a chunk late; after this time they have loaded what they need. */
const KEEP_OLD_CHUNKS_MS = 24 * 60 * 60 * 1000;

/**
 * Brings `outdir` (from the root, or absolute) up to date and answers what went into the bundle. Safe beside programs that run from it and
 * beside another build: chunks carry their hash, each file appears whole, and the entry comes last.
 */
export async function buildBundle(outdir = 'dist'): Promise<Metafile> {
  const folder = resolve(root, outdir);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { switchboard: 'src/main.ts' },
    outdir,
    write: false,
    metafile: true,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    external: [...NATIVE],
    target: 'node24',
    sourcemap: 'linked',
    legalComments: 'external',
    banner: { js: REQUIRE_BANNER },
    logLevel: 'warning',
  });
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, 'switchboard.mjs');
  const chunks = outputFiles.filter((file) => file.path !== entry && !existsSync(file.path));
  for (const file of [...chunks, ...outputFiles.filter((file) => file.path === entry)]) place(file.path, file.contents);
  removeOld(folder, new Set(outputFiles.map((file) => file.path)));
  return metafile;
}

function place(path: string, contents: Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

function removeOld(folder: string, current: ReadonlySet<string>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!entry.isFile() || current.has(path)) continue;
    // Another build may have removed it meanwhile.
    const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - changedMs > KEEP_OLD_CHUNKS_MS) rmSync(path, { force: true });
  }
}

if (import.meta.main) {
  // esbuild has said what is wrong, with file and line.
  await buildBundle().catch(() => {
    process.exitCode = 1;
  });
}
