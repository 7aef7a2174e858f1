// Bundles src/main.ts into dist/switchboard.mjs, split so that a command loads only what it uses.
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** grpc-js reaches for `require`, which an ES module has not. */
const REQUIRE_BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** Replaces `outdir` (from the root, or absolute) by the bundle; answers what went into it. */
export async function buildBundle(outdir = 'dist'): Promise<Metafile> {
  rmSync(resolve(root, outdir), { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { switchboard: 'src/main.ts' },
    outdir,
    metafile: true,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    sourcemap: 'linked',
    legalComments: 'external',
    banner: { js: REQUIRE_BANNER },
    logLevel: 'warning',
  });
  return metafile;
}

if (import.meta.main) await buildBundle();
