// What a sidecar loads when it starts: its own parts, and nothing of the commands beside it.
import type { Metafile } from 'esbuild';
import { buildBundle } from '../../../scripts/build.ts';
import { TempFolder } from '../../support/temp-folder.ts';

/** Sources of everything that `entries` load without being asked: imports that wait for a call are left out. */
function loadedWith({ outputs }: Metafile, entries: readonly string[]): readonly string[] {
  const holding = (source: string): string =>
    Object.keys(outputs).find((file) => Object.hasOwn(outputs[file]?.inputs ?? {}, source)) ?? '';
  const files = new Set(entries.map(holding));
  for (const file of files) {
    for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === 'import-statement') files.add(path);
  }
  return [...files].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
}

describe('the bundle', () => {
  it('loads nothing of the control plane, the local mesh or the simulator for a sidecar', async () => {
    const folder = new TempFolder();
    const meta = await buildBundle(folder.path);
    folder.remove();
    const loaded = loadedWith(meta, ['src/main.ts', 'src/cli/run.ts', 'src/cli/proxy.ts', 'src/app/proxy-app.ts']);
    expect(loaded).toContain('src/proxy/exchange/router.ts');
    expect(loaded.filter((source) => /^src\/(?:control|kube|local|simulate)\//.test(source))).toEqual([]);
  }, 60_000);
});
