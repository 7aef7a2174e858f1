// Promises of `switchboard simulate` to whoever calls it: what it prints, draws and refuses.
import { readdirSync, readFileSync } from 'node:fs';
import { runCli } from '../../../src/cli/run.ts';
import { SCENARIOS } from '../../../src/simulate/scenarios.ts';
import { TempFolder } from '../../support/temp-folder.ts';

const SHORT = `duration: 5s
load: {rate: 200, methods: {POST: 1}}
callers: {count: 2}
pods: {count: 3, latency: 5ms}
events:
  - {at: 0s, do: fail, pods: [0], percent: 100}
`;

const SERVICE = `apiVersion: v1
kind: Service
metadata:
  name: NAME
  annotations: {switchboard.dev/outlier-detection: "off"}
spec:
  ports: [{port: 80}]
`;

let folder = new TempFolder();

beforeEach(() => {
  folder = new TempFolder();
  folder.write('short.yaml', SHORT);
  folder.write('shop.yaml', SERVICE.replace('NAME', 'shop'));
});

afterEach(() => folder.remove());

/** In this process: nothing of it is the process's own. */
async function simulate(...args: readonly string[]) {
  let [stdout, stderr] = ['', ''];
  const code = await runCli(['simulate', ...args], {
    env: {},
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

describe('switchboard simulate', () => {
  it('names every scenario in its help, with what it is about', async () => {
    const { code, stdout } = await simulate('--help');
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
    for (const { name, about } of SCENARIOS) expect(lines).toContainEqual([name, about]);
  });

  it('prints figures and pods of a Service without a policy, the same each time', async () => {
    const { code, stdout, stderr } = await simulate('--scenario', folder.at('short.yaml'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^requests +\d{3,4}$/m);
    expect(stdout).toMatch(/^ejections +[1-9]$/m);
    expect(stdout).toMatch(/^my-service-0 +\d+ \(\d+\.\d %\) +[1-9]\d*$/m);
    expect((await simulate('--scenario', folder.at('short.yaml'))).stdout).toBe(stdout);
  });

  it('prints two policies side by side on the same requests, as a table and as JSON', async () => {
    const args = ['--scenario', folder.at('short.yaml'), '--compare', folder.at('shop.yaml')];
    const { code, stdout } = await simulate(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/1: defaults +2: .*shop\.yaml/);
    const json = JSON.parse((await simulate(...args, '-o', 'json')).stdout) as {
      readonly runs: readonly { readonly requests: number; readonly errors: number; readonly ejections: number }[];
    };
    const [defaults, off] = json.runs;
    expect(defaults?.requests).toBe(off?.requests);
    expect(defaults?.ejections).toBeGreaterThan(0);
    expect(off?.ejections).toBe(0);
    expect(off?.errors).toBeGreaterThan(4 * (defaults?.errors ?? Number.NaN));
  });

  it('draws what it found into a folder that it makes', async () => {
    const plots = folder.at('a/plots');
    const { code } = await simulate(folder.at('shop.yaml'), '--scenario', folder.at('short.yaml'), '--svg', plots);
    expect(code).toBe(0);
    expect(readdirSync(plots).sort()).toEqual(['errors.svg', 'latency.svg', 'load.svg', 'requests-to-pods.svg']);
    expect(readFileSync(`${plots}/load.svg`, 'utf8')).toContain('shop-2');
  });

  it('reads a folder of manifests, and asks which Service is meant where there are several', async () => {
    const manifests = folder.at('manifests');
    folder.write('manifests/shop.yaml', SERVICE.replace('NAME', 'shop'));
    folder.write('manifests/cart.yaml', SERVICE.replace('NAME', 'cart'));
    const scenario = ['--scenario', folder.at('short.yaml')];
    const asked = await simulate(manifests, ...scenario);
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toContain('holds 2 Services; choose one: --service default/cart or default/shop');
    const { code, stdout } = await simulate(manifests, ...scenario, '--service', 'cart');
    expect(code).toBe(0);
    expect(stdout).toContain('cart-0');
  });

  it('prints a scenario as the file that it could be', async () => {
    const { code, stdout } = await simulate('--print-scenario', 'retry-storm');
    expect(code).toBe(0);
    expect(stdout).toContain(SCENARIOS.find(({ name }) => name === 'retry-storm')?.yaml ?? 'none');
  });

  it.each([
    [
      'a scenario that is neither known nor a file',
      ['--scenario', 'sick-pot'],
      'sick-pot: there is no such file; did you mean sick-pod?',
    ],
    [
      'a policy that is no file',
      ['nowhere.yaml'],
      'nowhere.yaml: there is no such file; name a file that you may read',
    ],
    ['another output', ['-o', 'yaml'], 'there is no output "yaml"; write -o table or -o json'],
    ['a seed that is no number', ['--seed', '1.5'], '--seed 1.5 is no seed'],
    ['an unknown scenario to print', ['--print-scenario', 'x'], 'no scenario "x" comes along; write sick-pod,'],
  ])('refuses %s and ends with 2', async (_what, args, message) => {
    const { code, stdout, stderr } = await simulate(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('tells every problem of a scenario file at once', async () => {
    folder.write('bad.yaml', 'duration: 5\nload: {rate: none}\n');
    const { code, stderr } = await simulate('--scenario', folder.at('bad.yaml'));
    expect(code).toBe(2);
    expect(stderr).toContain('bad.yaml:1: duration: must be a text, not 5; put it in quotes: "5"');
    expect(stderr).toContain('bad.yaml:2: load.rate: must be a number from 1 to 1000000, not "none"');
  });

  it('refuses a policy that the control plane refuses, and says where', async () => {
    const bad = SERVICE.replace('NAME', 'shop').replace('outlier-detection: "off"', 'load-balancer: best');
    folder.write('bad.yaml', bad);
    const { code, stderr } = await simulate(folder.at('bad.yaml'), '--scenario', folder.at('short.yaml'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:5: .*best/);
  });
});
