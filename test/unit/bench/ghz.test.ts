// What is asked of ghz, and read out of what it prints.
import { GRPC_STREAMS } from '../../../bench/grpc-streams.ts';
import { ghzArguments, parseGhz } from '../../../bench/measure/ghz.ts';
import type { Workload } from '../../../bench/workload.ts';

function workloadOf(name: string): Workload {
  const workload = GRPC_STREAMS.workloads.find((candidate) => candidate.name === name);
  if (workload === undefined) throw new Error(`no workload ${name}`);
  return workload;
}

function argumentOf(name: string, option: string): string {
  const spec = { program: 'ghz', cpus: '0', port: 8080, authority: 'web', workload: workloadOf(name), seconds: 4 };
  const asked = ghzArguments(spec);
  return asked[asked.indexOf(option) + 1] ?? '';
}

describe('ghzArguments', () => {
  it('ask for 64 calls at once over 8 connections for 4 seconds, and not to count those that the end cuts', () => {
    expect(
      ['-c', '--connections', '-z', '--duration-stop', '--authority'].map((name) => argumentOf('both', name)),
    ).toEqual(['64', '8', '4s', 'ignore', 'web']);
  });

  it.each([
    ['server', 'test.Echo.Repeat', 1],
    ['client', 'test.Echo.Collect', 100],
    ['both', 'test.Echo.Chat', 100],
    ['unary', 'test.Echo.Unary', 1],
  ])('let the client of %s call %s with %i messages of 100 bytes', (name, method, messages) => {
    expect(argumentOf(name, '--call')).toBe(method);
    const sent: { text: string } | { text: string }[] = JSON.parse(argumentOf(name, '-d'));
    const list = Array.isArray(sent) ? sent : [sent];
    // Protobuf adds a tag and a length.
    expect(list.map(({ text }) => text.length + 2)).toEqual(Array.from({ length: messages }, () => 100));
  });
});

describe('parseGhz', () => {
  const report = JSON.stringify({ count: 50, statusCodeDistribution: { OK: 48, Unavailable: 2 } });

  it('counts 100 messages for each call of a stream, whichever side sends them, and one for a unary call', () => {
    const rates = ['server', 'client', 'both', 'unary'].map(
      (name) => parseGhz(report, { workload: workloadOf(name), seconds: 2 }).requestsPerSecond,
    );
    expect(rates).toEqual([2_500, 2_500, 2_500, 25]);
  });

  it('counts every call whose status is not OK as an error', () => {
    expect(parseGhz(report, { workload: workloadOf('unary'), seconds: 2 }).errors).toBe(2);
  });

  it('says what ghz printed instead of a measurement', () => {
    expect(() => parseGhz('connection refused\n', { workload: workloadOf('unary'), seconds: 2 })).toThrow(
      'ghz printed no measurement: connection refused',
    );
  });
});
