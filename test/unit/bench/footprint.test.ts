// Start time and memory: what is held open, how it is summed up, and what the page shows of it.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { isWhole, openIdleConnections } from '../../../bench/measure/idle-connections.ts';
import { FOOTPRINT_SECTION } from '../../../bench/publish/footprint-section.ts';
import { parseKeptRun } from '../../../bench/publish/kept-runs.ts';
import { type FootprintOutcome, renderFootprint, summarizeFootprint } from '../../../bench/report/footprint-report.ts';

function outcome(name: string, factors: readonly number[], othersShare = 0): FootprintOutcome {
  const samples = factors.map((factor) => ({
    startMs: 100 * factor,
    restBytes: 60e6 * factor,
    perConnectionBytes: 10e3 * factor,
    loadBytes: 80e6 * factor,
    othersShare,
  }));
  return { name, version: '1', samples };
}

function kept(othersShare: number, names = ['switchboard', 'envoy']) {
  const outcomes = names.map((name) => outcome(name, [name === 'envoy' ? 1 : 1.3], othersShare));
  const machine = { cpu: 'a CPU', cpuCount: 2, kernel: '6' };
  const settings = { rounds: 3, connections: 5000 };
  const told = {
    scenario: 'footprint',
    date: '2026-11-21',
    machine,
    revision: 'abc',
    command: 'c',
    settings,
    outcomes,
  };
  const run = parseKeptRun('a.json', JSON.stringify(told));
  if (run === null) throw new Error('not of the form of kept runs');
  return run;
}

describe('summarizeFootprint', () => {
  it("takes ratios to Envoy's round by round", () => {
    const [ours] = summarizeFootprint([outcome('switchboard', [1.2, 12, 1.3]), outcome('envoy', [1, 10, 1])]);
    expect(ours?.ratios.restBytes).toBeCloseTo(1.2);
    expect(ours?.medians.restBytes).toBe(78e6);
  });

  it('prints a dash where Envoy did not run', () => {
    const lines = renderFootprint(summarizeFootprint([outcome('floor', [1])])).split('\n');
    expect(lines[1]?.split(/ {2,}/)).toEqual(['floor', '100', '–', '60.0', '–', '10.0', '–', '80.0', '–', '0']);
  });
});

describe('the section on footprint', () => {
  it('has a table and four panels of ratios', () => {
    const text = FOOTPRINT_SECTION.write([kept(0)], false);
    if (text.kind !== 'text') throw new Error(text.kind);
    expect(text.markdown).toContain('| switchboard | 130 | 1.30 | 78.0 | 1.30 | 13.0 | 1.30 | 104.0 | 1.30 | 0 |');
    expect(text.chart?.panels.map(({ bars }) => bars.map(({ value }) => value))).toEqual(Array(4).fill([1.3, 1]));
  });

  it('refuses a disturbed run, or says that it was', () => {
    expect(FOOTPRINT_SECTION.write([kept(0.5)], false)).toEqual({ kind: 'refused', files: ['a.json'] });
    expect(FOOTPRINT_SECTION.write([kept(0.5)], true)).toMatchObject({
      markdown: expect.stringContaining('**Disturbed:**'),
    });
  });

  it('shows nothing of runs without Envoy', () => {
    expect(FOOTPRINT_SECTION.write([kept(0, ['switchboard'])], false)).toEqual({ kind: 'nothing' });
  });
});

describe('openIdleConnections', () => {
  const serve = async (status: number, act: (spec: { port: number }) => Promise<void>): Promise<void> => {
    const server: Server = createServer((_, response) => response.writeHead(status).end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    try {
      await act({ port: address.port });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  it('holds 70 connections that have had an answer, and closes them', async () => {
    await serve(200, async ({ port }) => {
      const idle = await openIdleConnections({ port, authority: 'web', count: 70 });
      expect(idle.count()).toBe(70);
      idle.close();
      expect(idle.count()).toBe(0);
    });
  });

  it('says what came instead of 200', async () => {
    await serve(503, async ({ port }) => {
      await expect(openIdleConnections({ port, authority: 'web', count: 3 })).rejects.toThrow(
        'a connection was answered HTTP/1.1 503 Service Unavailable',
      );
    });
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n', false],
    ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na', false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n\r\nab', true],
  ])('knows whether %j is a whole answer: %p', (text, whole) => {
    expect(isWhole(text)).toBe(whole);
  });
});
