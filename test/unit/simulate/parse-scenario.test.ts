// Promises of scenario files: what they may say, and that every mistake is told at once, with its place and what to do.
import { renderIssue } from '../../../src/base/result.ts';
import { parseScenario } from '../../../src/simulate/parse-scenario.ts';
import { SCENARIOS } from '../../../src/simulate/scenarios.ts';

function problems(text: string): readonly string[] {
  const parsed = parseScenario(text, 'mine.yaml', 'mine');
  return parsed.ok ? [] : parsed.issues.map(renderIssue);
}

describe('a scenario file', () => {
  it('needs no more than a duration and a rate', () => {
    const parsed = parseScenario('duration: 60s\nload: {rate: 1000}\n', 'mine.yaml', 'mine');
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        name: 'mine',
        durationMs: 60_000,
        load: { ratePerSecond: 1_000, methods: [{ method: 'GET', share: 1 }] },
        callers: { count: 1, zones: [] },
        sessions: 0,
        pods: { count: 3, concurrency: 0 },
        events: [],
      },
    });
  });

  it('may say everything, and its events are put in order of time', () => {
    const text = `
about: all of it
duration: 2m
load: {rate: 10, methods: {GET: 3, POST: 1}}
callers: {count: 4, zones: [a, b]}
sessions: 7
pods: {count: 5, zones: [a, b], latency: 3ms, concurrency: 8, queue: 9, warmup: {for: 10s, factor: 20}}
propagation: 250ms
annotations: {switchboard.dev/load-balancer: maglev}
policy: {retries: {attempts: 1}}
events:
  - {at: 9s, do: load, rate: 100, for: 1s}
  - {at: 1s, do: fail, pods: [0, 1], percent: 25, with: reset, for: 5s}
  - {at: 2s, do: slow, zone: b, factor: 4}
  - {at: 3s, do: kill, pods: [2], noticed: 0s}
  - {at: 4s, do: cut-off, pods: [3]}
  - {at: 5s, do: drain, pods: [4]}
  - {at: 6s, do: add, count: 2}
  - {at: 7s, do: roll, every: 2s, grace: 1s}
`;
    const parsed = parseScenario(text, 'mine.yaml', 'mine');
    expect(parsed.ok && parsed.value).toEqual({
      name: 'mine',
      about: 'all of it',
      durationMs: 120_000,
      load: {
        ratePerSecond: 10,
        methods: [
          { method: 'GET', share: 0.75 },
          { method: 'POST', share: 0.25 },
        ],
      },
      callers: { count: 4, zones: ['a', 'b'] },
      sessions: 7,
      pods: {
        ...{ count: 5, zones: ['a', 'b'], latency: { kind: 'fixed', ms: 3 }, concurrency: 8, queue: 9 },
        warmUp: { forMs: 10_000, factor: 20 },
      },
      propagationMs: 250,
      annotations: { 'switchboard.dev/load-balancer': 'maglev' },
      policy: { retries: { attempts: 1 } },
      events: [
        {
          atMs: 1_000,
          do: 'fail',
          pods: { kind: 'numbers', numbers: [0, 1] },
          forMs: 5_000,
          share: 0.25,
          failure: 'reset',
        },
        { atMs: 2_000, do: 'slow', pods: { kind: 'zone', zone: 'b' }, factor: 4 },
        { atMs: 3_000, do: 'kill', pods: { kind: 'numbers', numbers: [2] }, noticedMs: 0 },
        { atMs: 4_000, do: 'cut-off', pods: { kind: 'numbers', numbers: [3] }, noticedMs: 50_000 },
        { atMs: 5_000, do: 'drain', pods: { kind: 'numbers', numbers: [4] }, graceMs: 30_000 },
        { atMs: 6_000, do: 'add', count: 2 },
        { atMs: 7_000, do: 'roll', graceMs: 1_000, everyMs: 2_000 },
        { atMs: 9_000, do: 'load', forMs: 1_000, ratePerSecond: 100 },
      ],
    });
  });

  it('may ask for calls of gRPC, for bodies, and for what calls come to', () => {
    const text = `
duration: 1s
load: {rate: 10, grpc: {shop.v1.Cart/Get: 3, shop.v1.Cart/Add: 1}, body: 100KiB}
events:
  - {at: 0s, do: fail, with: UNAVAILABLE}
  - {at: 0s, do: fail, with: INTERNAL, late: true}
`;
    const parsed = parseScenario(text, 'mine.yaml', 'mine');
    expect(parsed.ok && parsed.value).toMatchObject({
      load: {
        grpc: true,
        bodyBytes: 102_400,
        methods: [
          { method: 'shop.v1.Cart/Get', share: 0.75 },
          { method: 'shop.v1.Cart/Add', share: 0.25 },
        ],
      },
      events: [
        { do: 'fail', failure: { code: 14, late: false } },
        { do: 'fail', failure: { code: 13, late: true } },
      ],
    });
  });

  it('tells every mistake at once: file, line, path, value and remedy', () => {
    expect(
      problems(`duration: 60
load: {rat: 1000}
pods:
  count: 0
  latency: {median: 50ms, p99: 5ms}
sesions: 5
events:
  - {at: 1s, do: explode}
  - {at: 1s, do: drain, for: 5s}
  - {do: fail, pods: [0], with: 404}
`),
    ).toEqual([
      'mine.yaml:1: duration: must be a text, not 60; put it in quotes: "60"',
      'mine.yaml:2: load.rat: is not a known field; did you mean rate?',
      'mine.yaml:2: load.rate: is missing; add requests per second, such as 1000',
      'mine.yaml:4: pods.count: must be a number from 1 to 2000, not 0; write a whole number from 1 to 2000',
      'mine.yaml:5: pods.latency: needs a median and a p99 above it; write {median: 5ms, p99: 50ms}, or one duration',
      'mine.yaml:6: sesions: is not a known field; did you mean sessions?',
      'mine.yaml:8: events[0].do: has the unknown value "explode"; write one of fail, slow, kill, cut-off, drain, add, roll, load',
      'mine.yaml:9: events[1].for: means nothing where it says "do: drain"; write pods, zone, grace, or another event',
      'mine.yaml:10: events[2].at: is missing; write when it happens, such as 10s',
      'mine.yaml:10: events[2].with: must be a number from 500 to 599, not 404; write a whole number from 500 to 599',
    ]);
  });

  it.each([
    ['what is no mapping', '- a\n', 'must be one YAML mapping'],
    ['nothing', '', 'must be one YAML mapping'],
    ['two documents', 'duration: 1s\n---\nduration: 2s\n', 'must be one YAML mapping'],
    ['broken YAML', 'duration: [\n', 'not valid YAML'],
    ['more requests than a run may have', 'duration: 24h\nload: {rate: 1000}\n', 'comes to 86400000 requests'],
    [
      'a zone without pods',
      'duration: 1s\nload: {rate: 1}\nevents: [{at: 0s, do: kill, zone: x}]\n',
      'name the zone "x"',
    ],
    ['a pod that never is', 'duration: 1s\nload: {rate: 1}\nevents: [{at: 0s, do: kill, pods: [3]}]\n', 'name pod 3'],
    [
      'methods of gRPC that are none',
      'duration: 1s\nload: {rate: 1, grpc: {Get: 1}}\n',
      'grpc.Get: is no method of gRPC',
    ],
    [
      'methods beside gRPC',
      'duration: 1s\nload: {rate: 1, methods: {GET: 1}, grpc: {a.B/C: 1}}\n',
      'stands beside grpc',
    ],
    ['bodies beyond 16 MiB', 'duration: 1s\nload: {rate: 1, body: 1GiB}\n', '"1GiB" is out of range'],
    ['bodies without a unit', 'duration: 1s\nload: {rate: 1, body: "1"}\n', 'load.body: "1" is not a size'],
    [
      'codes of gRPC without calls',
      'duration: 1s\nload: {rate: 1}\nevents: [{at: 0s, do: fail, with: UNAVAILABLE}]\n',
      'fail with UNAVAILABLE, which is of gRPC',
    ],
    [
      'a late status',
      'duration: 1s\nload: {rate: 1}\nevents: [{at: 0s, do: fail, with: 503, late: true}]\n',
      'late: means nothing here',
    ],
    ['half a warm-up', 'duration: 1s\nload: {rate: 1}\npods: {warmup: {for: 1s}}\n', 'pods.warmup.factor: is missing'],
    ['a policy that is no mapping', 'duration: 1s\nload: {rate: 1}\npolicy: 7\n', 'policy: it must be a mapping'],
    ['methods without weight', 'duration: 1s\nload: {rate: 1, methods: {GET: 0}}\n', 'names no method with a weight'],
  ])('refuses %s', (_what, text, message) => {
    expect(problems(text).join('\n')).toContain(message);
  });
});

describe('the scenarios that come along', () => {
  it.each(SCENARIOS.map((row) => [row.name, row] as const))('%s is read without a problem', (_name, { yaml }) => {
    expect(problems(yaml)).toEqual([]);
  });
});
