// Promises of `switchboard up` as its users meet it: the real program on the real example.
import { cpSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isAlive, TEST_POD_CIDR } from '../../support/local-scene.ts';
import { type RunningCli, runCli, startCli } from '../../support/run-cli.ts';
import { TempFolder } from '../../support/temp-folder.ts';

const EXAMPLE = fileURLToPath(new URL('../../../examples/my-api', import.meta.url));

let folder: TempFolder;
let state: TempFolder;
let running: RunningCli | null = null;

beforeEach(() => {
  folder = new TempFolder();
  state = new TempFolder();
});

afterEach(async () => {
  running?.child.kill('SIGTERM');
  await running?.ended;
  running = null;
  folder.remove();
  state.remove();
});

/** As curl -x does. */
function callThrough(proxy: string, url: string): Promise<{ readonly status: number; readonly body: string }> {
  const [host = '', port = ''] = proxy.split(':');
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path: url, headers: { host: new URL(url).host }, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('switchboard up', () => {
  it('brings up the example, whose Service answers from three pods in turn, and leaves nothing behind', async () => {
    cpSync(EXAMPLE, folder.path, { recursive: true });
    running = startCli(['up', folder.path, '--state', state.path, '--ports', 'auto', '--pod-cidr', TEST_POD_CIDR]);
    const [proxy = '', url = ''] = await running.says(/\nready .*\ncurl -x http:\/\/(\S+) (\S+)\n/);
    expect(url).toBe('http://my-api-service/data');
    const answers = [];
    for (let call = 0; call < 9; call += 1) answers.push(await callThrough(proxy, url));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 200));
    const pods = answers.map(({ body }) => (JSON.parse(body) as { pod: string; path: string }).pod);
    expect(new Set(pods).size).toBe(3);
    // The pod `client` calls through the same sidecar now and then, which moves the turn on by one.
    for (const pod of new Set(pods)) expect(pods.filter((one) => one === pod).length).toBeGreaterThanOrEqual(2);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ path: '/data' });
    // What its own output told must be free of problems.
    expect(running.output()).not.toMatch(/^(error|warning) /m);

    const records = JSON.parse(readFileSync(state.at('processes.json'), 'utf8')) as { pid: number }[];
    expect(records).toHaveLength(6);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(running.output()).toMatch(/\nstopped\n$/);
    expect(records.filter(({ pid }) => isAlive(pid))).toEqual([]);
  }, 20_000);

  it.each([
    [['up'], 2, "missing required argument 'folder'"],
    [['up', '/no/such/folder'], 2, 'the folder /no/such/folder does not exist; name a folder of Kubernetes manifests'],
    [['up', EXAMPLE, '--pod-cidr', '10.0.0.0/16'], 2, '--pod-cidr "10.0.0.0/16" is not inside 127.0.0.0/8'],
    [['up', EXAMPLE, '--state', `${EXAMPLE}/state`], 2, 'is inside'],
    [['up', EXAMPLE, '--ports', '80'], 2, 'Allowed choices are auto'],
  ])('refuses %j with exit code %i and one line that says why', async (args, code, message) => {
    const end = await runCli(args);
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(message);
    expect(end.stdout).toBe('');
  });
});
