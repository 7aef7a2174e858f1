// Bootstrap files in the real Envoy and in our sidecar: the bench's, the same bytes, has equal answers and equal calls to backends in both.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../bench/bed/ports.ts';
import { readBootstrap } from '../../src/xds/bootstrap/read-bootstrap.ts';
import { benchBootstrap } from '../support/bootstrap-files.ts';
import { startEnvoyOn } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { comparable } from '../support/proxy-differences.ts';
import { type RoutedRequest, send } from '../support/routed-request.ts';
import { startCli } from '../support/run-cli.ts';
import { resets, type Script, ScriptedBackend } from '../support/scripted-backend.ts';
import { TempFolder } from '../support/temp-folder.ts';

const ROOT = new URL('../../', import.meta.url);
/** The golden files that have nothing but what Envoy is built with. */
const GOLDEN = ['ads.json', 'dns.yaml', 'outliers.yaml', 'tcp.yaml'].map(
  (name) => `test/golden/bootstrap/accepted/${name}`,
);
const EXAMPLES = readdirSync(new URL('examples/bootstrap/', ROOT)).map((name) => `examples/bootstrap/${name}`);

/** Answers 200 with what it saw; which of the backends it is stays untold, as the two begin their turns at different ones. */
const tells: Script = (request, connection) => {
  const fields = Object.fromEntries(
    request.head.fields
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .sort(([x], [y]) => (x < y ? -1 : 1)),
  );
  const seen = { backend: 'any', method: request.method, path: request.target, fields };
  connection.answer(200, request.method === 'HEAD' ? '' : JSON.stringify(seen), 'x-backend: any\r\nX-Kept: 1\r\n');
};

/** As `tells`, with the body that came. */
const echoes: Script = async (request, connection) => {
  const { body } = await request.body;
  connection.answer(200, body.toString('latin1'));
};

const fails: Script = (_request, connection) => connection.answer(503, 'not today');
const missing: Script = (_request, connection) => connection.answer(404, 'no such thing', 'X-Why: gone\r\n');

interface Scenario {
  readonly title: string;
  /** Of the three backends. Failures stay rare: five in a row would make Envoy leave a backend out (outlier_detection). */
  readonly scripts: readonly [Script, Script, Script];
  /** Sent one after the other. */
  readonly requests: readonly Partial<RoutedRequest>[];
  readonly statuses: readonly number[];
  /** What each of the three backends got, the least first; null = it depends on which of them is first in turn. */
  readonly calls: readonly number[] | null;
}

const all = (script: Script): readonly [Script, Script, Script] => [script, script, script];

const SCENARIOS: readonly Scenario[] = [
  {
    title: 'six requests go to three backends in turn',
    scripts: all(tells),
    requests: Array(6).fill({}),
    statuses: Array(6).fill(200),
    calls: [2, 2, 2],
  },
  {
    title: 'any host, path, query and method is passed on as it came',
    scripts: all(tells),
    requests: [
      { host: 'example.com:8080', path: '/a/../b//c?x=%20&y' },
      { path: '/', method: 'HEAD' },
      {
        path: '/thing',
        method: 'DELETE',
        headers: [
          ['X-Own', 'a'],
          ['X-Own', 'b'],
        ],
      },
      { path: '/thing', method: 'OPTIONS', headers: [['cookie', 'a=1; b=2']] },
      {
        path: '/',
        headers: [
          ['te', 'trailers'],
          ['keep-alive', '5'],
        ],
      },
    ],
    statuses: Array(5).fill(200),
    calls: [1, 2, 2],
  },
  {
    title: "a backend's 404 is passed on and not tried again",
    scripts: all(missing),
    requests: [{}],
    statuses: [404],
    calls: [0, 0, 1],
  },
  {
    title: 'a 503 of one backend is answered by another',
    scripts: [fails, tells, tells],
    requests: [{}, {}, {}],
    statuses: [200, 200, 200],
    calls: null,
  },
  {
    title: 'a reset of one backend is answered by another',
    scripts: [tells, resets, tells],
    requests: [{}, {}, {}],
    statuses: [200, 200, 200],
    calls: null,
  },
  {
    title: 'resets of two backends are answered by the third',
    scripts: [resets, resets, tells],
    requests: [{}],
    statuses: [200],
    calls: null,
  },
  {
    title: '503 of all of them is passed on after two retries',
    scripts: all(fails),
    requests: [{}],
    statuses: [503],
    calls: [1, 1, 1],
  },
  {
    title: 'resets of all of them are a 503 after two retries',
    scripts: all(resets),
    requests: [{}],
    statuses: [503],
    calls: [1, 1, 1],
  },
  {
    title: 'a POST with a body is sent again, whole',
    scripts: [fails, echoes, echoes],
    requests: Array(3).fill({ method: 'POST', body: 'x'.repeat(10_000) }),
    statuses: [200, 200, 200],
    calls: null,
  },
];

interface Outcome {
  readonly answers: readonly unknown[];
  /** Of each backend, the least first. */
  readonly calls: readonly number[];
}

describeWithPeers("The bench's bootstrap in Envoy and in the sidecar", ['envoy'], (paths) => {
  const folder = new TempFolder();
  let backends: readonly ScriptedBackend[] = [];
  const outcomes = new Map<string, readonly Outcome[]>();

  beforeAll(async () => {
    backends = await Promise.all([tells, tells, tells].map((script) => ScriptedBackend.start(script)));
    const port = await freePort();
    folder.write(
      'envoy-http1.yaml',
      benchBootstrap(
        port,
        backends.map((backend) => backend.port),
      ),
    );
    const file = folder.at('envoy-http1.yaml');
    const stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', file, port);
    outcomes.set('envoy', await play(port, backends));
    await stopEnvoy();
    const sidecar = startCli(['proxy', '-c', file]);
    await sidecar.says(/ready clusters=1/);
    outcomes.set('sidecar', await play(port, backends));
    sidecar.child.kill('SIGTERM');
    await sidecar.ended;
  }, 60_000);

  afterAll(async () => {
    for (const backend of backends) await backend.close();
    folder.remove();
  });

  it.each([...EXAMPLES, ...GOLDEN])('%s is taken by both, without a remark of ours', (name) => {
    const file = fileURLToPath(new URL(name, ROOT));
    const { status, stderr } = spawnSync(paths['envoy'] ?? '', ['--mode', 'validate', '-c', file], {
      encoding: 'utf8',
    });
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    expect(readBootstrap(readFileSync(file, 'utf8'), name)).toMatchObject({ ok: true, value: { notes: [] } });
  });

  it.each(SCENARIOS.map((scenario, index) => [scenario.title, scenario, index] as const))(
    '%s',
    (_, scenario, index) => {
      const theirs = outcomes.get('envoy')?.[index];
      const ours = outcomes.get('sidecar')?.[index];
      expect(ours?.answers).toEqual(theirs?.answers);
      expect(ours?.answers).toEqual(scenario.statuses.map((status) => expect.objectContaining({ status })));
      if (scenario.calls !== null) expect([ours?.calls, theirs?.calls]).toEqual([scenario.calls, scenario.calls]);
    },
  );
});

async function play(port: number, backends: readonly ScriptedBackend[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { scripts, requests } of SCENARIOS) {
    for (const [index, backend] of backends.entries()) backend.script = scripts[index] ?? tells;
    const before = backends.map((backend) => backend.requests.length);
    const answers: unknown[] = [];
    for (const { host = 'any.test', path = '/', ...more } of requests) {
      answers.push(comparable(await send(port, { host, path, ...more })));
    }
    const calls = backends.map((backend, index) => backend.requests.length - (before[index] ?? 0));
    outcomes.push({ answers, calls: calls.sort((x, y) => x - y) });
  }
  return outcomes;
}
