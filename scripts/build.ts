// Bundles src/main.ts into dist/switchboard.mjs, split so that a command loads only what it uses.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** grpc-js reaches for `require`, which an ES module has not. */
const REQUIRE_BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

export async function buildBundle(): Promise<void> {
  rmSync(`${root}/dist`, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: { switchboard: 'src/main.ts' },
    outdir: 'dist',
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
}

if (import.meta.main) await buildBundle();
