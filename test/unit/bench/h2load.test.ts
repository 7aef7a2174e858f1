// What is asked of h2load, and read out of what it prints.
import { readFileSync } from 'node:fs';
import { GRPC } from '../../../bench/grpc.ts';
import { HTTP2 } from '../../../bench/http2.ts';
import { h2loadArguments, parseH2load } from '../../../bench/measure/h2load.ts';
import type { ProxyScenario } from '../../../bench/proxy-scenario.ts';
import { HTTP2_TLS } from '../../../bench/tls.ts';

const OUTPUT = `starting benchmark...
finished in 2.00s, 12345.50 req/s, 1.68MB/s
requests: 24691 total, 24755 started, 24691 done, 24680 succeeded, 11 failed, 0 errored, 0 timeout
status codes: 24680 2xx, 0 3xx, 4 4xx, 7 5xx
traffic: 3.36MB (3520000) total, 265.00KB (271360) headers (space savings 94.73%), 2.28MB (2395027) data
                     min         max         mean         sd        +/- sd
time for request:      123us      4.56ms      1.02ms       301us    70.02%
`;

describe('parseH2load', () => {
  it('reads requests and bytes per second of the time asked for, counts what failed as errors, and tells no percentiles', () => {
    expect(parseH2load(OUTPUT, 2)).toEqual({
      requests: 24_691,
      requestsPerSecond: 12_345.5,
      bytesPerSecond: 1_760_000,
      p50Us: Number.NaN,
      p99Us: Number.NaN,
      p999Us: Number.NaN,
      errors: 11,
    });
  });

  it('says what h2load printed instead of a measurement', () => {
    expect(() => parseH2load('Could not connect to the host\n', 2)).toThrow(
      'h2load printed no measurement: Could not connect to the host',
    );
  });
});

describe('h2loadArguments', () => {
  it.each([
    ['8x8', '-t 1 -c 8 -m 8 -D 4'],
    ['32x1', '-t 1 -c 32 -m 1 -D 4'],
  ])('ask for %s', (name, wanted) => {
    const workload = HTTP2.workloads.find((candidate) => candidate.name === name);
    if (workload === undefined) throw new Error(`no workload ${name}`);
    const spec = { program: 'h2load', cpus: '0', port: 8080, authority: 'web', workload, seconds: 4 };
    expect(h2loadArguments(spec).join(' ')).toBe(`${wanted} -H :authority: web http://127.0.0.1:8080/data`);
  });

  const argumentsOf = (scenario: ProxyScenario): string[] =>
    h2loadArguments({ program: 'h2load', cpus: '0', port: 8080, workload: scenario.workloads[0], seconds: 4 });

  it('ask over TLS where the workload does', () => {
    expect(argumentsOf(HTTP2_TLS).at(-1)).toBe('https://127.0.0.1:8080/data');
  });

  it("ask as gRPC's clients do: a message behind its prefix, trailers wanted, a deadline", () => {
    const asked = argumentsOf(GRPC);
    for (const field of ['content-type: application/grpc', 'te: trailers', 'grpc-timeout: 10S'])
      expect(asked).toContain(field);
    const message = readFileSync(asked[asked.indexOf('-d') + 1] ?? '');
    expect([message.readUInt8(0), message.readUInt32BE(1)]).toEqual([0, message.length - 5]);
    expect(message).toHaveLength(GRPC.workloads[0].bodyBytes);
    expect(asked.at(-1)).toBe('http://127.0.0.1:8080/bench.Echo/Unary');
  });
});
