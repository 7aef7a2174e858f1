// What an API server needs is loaded for an API server only: no sidecar and no control plane of folders pays for it.
import { runProgram } from '../../support/run-program.ts';

/** Prints what importing `module` and then running `more` loads, a line each. */
async function loaded(module: string, more = ''): Promise<readonly string[]> {
  const url = new URL(`../../../src/${module}`, import.meta.url).href;
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
    const loaded = await import(${JSON.stringify(url)});
    ${more}`;
  const { code, stdout } = await runProgram(process.execPath, ['--input-type=module', '-e', script], {});
  expect(code).toBe(0);
  return stdout.split('\n');
}

const isClient = (url: string) => url.includes('/undici/') || url.includes('kube-api/http-kube-client');

describe('the client of API servers', () => {
  it('is not loaded by a sidecar, nor is anything of its room', async () => {
    const urls = await loaded('app/proxy-app.ts');
    expect(urls.length).toBeGreaterThan(50);
    expect(urls.filter((url) => url.includes('/kube-api/') || isClient(url))).toEqual([]);
  }, 60_000);

  it('is not loaded by a control plane of folders', async () => {
    const open = `if (!loaded.openRegistries(['file:a'], { after() {} }, {}).ok) throw new Error();`;
    const urls = await loaded('app/control-plane-app.ts', open);
    expect(urls.length).toBeGreaterThan(50);
    expect(urls.filter(isClient)).toEqual([]);
  }, 60_000);

  it('is loaded with the first one', async () => {
    const urls = await loaded('kube-api/connect-kube.ts', 'await loaded.connectKube({}, {})();');
    expect(urls.filter(isClient).length).toBeGreaterThan(1);
  }, 60_000);
});
