// The access log's line: the keys of the contract, and nothing that a request could forge.
import fc from 'fast-check';
import { type AccessRecord, JsonAccessLog } from '../../../src/telemetry/access-log.ts';

const RECORD: AccessRecord = {
  startedAtWallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  durationMs: 1.23456,
  method: 'GET',
  authority: 'web',
  path: '/a?b=c',
  protocol: 'HTTP/1.1',
  status: 503,
  flags: 'UC',
  details: 'upstream_connection_termination: 10.0.0.1:80: ECONNRESET',
  bytesReceived: 1,
  bytesSent: 2,
  attempts: 3,
  upstreamHost: '10.0.0.1:80',
  upstreamCluster: 'outbound|80|web.default.svc.cluster.local',
  route: 'web',
  requestId: 'id',
  traceId: '',
  downstreamRemote: '127.0.0.1:4000',
  userAgent: 'curl/8',
};

function lines(...records: readonly Partial<AccessRecord>[]): string[] {
  const written: string[] = [];
  const log = new JsonAccessLog((line) => written.push(line));
  for (const record of records) log.record({ ...RECORD, ...record });
  return written;
}

describe('the access log', () => {
  it('writes one line of JSON a request, with the keys of the contract in order', () => {
    const [line = ''] = lines({});
    expect(line.endsWith('}\n')).toBe(true);
    expect(Object.entries(JSON.parse(line))).toEqual([
      ['time', '2026-01-02T03:04:05.006Z'],
      ['method', 'GET'],
      ['authority', 'web'],
      ['path', '/a?b=c'],
      ['protocol', 'HTTP/1.1'],
      ['status', 503],
      ['flags', 'UC'],
      ['details', 'upstream_connection_termination: 10.0.0.1:80: ECONNRESET'],
      ['bytes_received', 1],
      ['bytes_sent', 2],
      ['duration_ms', 1.235],
      ['attempts', 3],
      ['upstream_host', '10.0.0.1:80'],
      ['upstream_cluster', 'outbound|80|web.default.svc.cluster.local'],
      ['route', 'web'],
      ['request_id', 'id'],
      ['trace_id', ''],
      ['downstream_remote', '127.0.0.1:4000'],
      ['user_agent', 'curl/8'],
    ]);
  });

  it('keeps to one line whatever a request says', () => {
    const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
    const text = fc.string({ unit: byte, maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, (path, userAgent, requestId) => {
        const written = lines({ path, userAgent, requestId, authority: path, method: userAgent, details: requestId });
        expect(written.join('').split('\n')).toEqual([expect.any(String), '']);
        expect(JSON.parse(written[0] ?? '')).toMatchObject({ path, user_agent: userAgent, request_id: requestId });
      }),
    );
  });
});
