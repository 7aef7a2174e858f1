// What `switchboard endpoints` shows of pods that get no requests, or fewer than others.
import type { EndpointRow } from '../../../src/cli/read-clusters.ts';
import { renderEndpoints } from '../../../src/cli/render-endpoints.ts';

const ROW: EndpointRow = {
  address: '10.0.0.1:80',
  pod: 'default/a',
  health: 'healthy',
  active: 0,
  requests: 100,
  errors: 7,
  lastError: null,
  failedCheckBecause: null,
  ejectedBecause: null,
  wouldBeEjectedBecause: null,
  ejectionLeftMs: null,
  ejections: 0,
  warmingMs: null,
};

/** HEALTH, ERRORS and LAST ERROR. */
function shown(row: Partial<EndpointRow>): readonly (string | undefined)[] {
  const service = { service: 'shop.default', port: 80, cluster: 'c', endpoints: [{ ...ROW, ...row }] };
  const cells = renderEndpoints([service]).split('\n')[1]?.split(/ {3,}/) ?? [];
  return [cells[4], cells[7], cells[8]];
}

describe('the table of endpoints', () => {
  it('says of an ejected one why, how long it stays out, and how often it was', () => {
    const ejected = { health: 'ejected', ejectedBecause: 'worse-than-peers: 9 of 23 answers failed' };
    expect(shown({ ...ejected, ejectionLeftMs: 12_001, ejections: 3 })).toEqual([
      'ejected',
      '7',
      'worse-than-peers: 9 of 23 answers failed (13 s more, 3 times so far)',
    ]);
    expect(shown({ ...ejected, ejectionLeftMs: 0, ejections: 1 })[2]).toBe(
      'worse-than-peers: 9 of 23 answers failed (0 s more)',
    );
    // Envoy tells neither.
    expect(shown(ejected)[2]).toBe('worse-than-peers: 9 of 23 answers failed');
  });

  it('calls one warming that gets less than its share, and says how long', () => {
    expect(shown({ warmingMs: 4_000 })).toEqual(['warming', '7', 'gets less than its share for 4 s more']);
    expect(shown({ warmingMs: 4_000, lastError: 'ECONNRESET' })[2]).toBe(
      'gets less than its share for 4 s more; before: ECONNRESET',
    );
  });

  it('says first why nobody is sent there, then what would be, then what went wrong last', () => {
    const all = { lastError: 'ECONNRESET', wouldBeEjectedBecause: 'b', failedCheckBecause: 'HTTP status 503' };
    expect(shown({ ...all, health: 'draining', warmingMs: 1 })[0]).toBe('draining');
    expect(shown(all)[2]).toBe('health check: HTTP status 503');
    expect(shown({ ...all, failedCheckBecause: null })[2]).toBe('would be ejected (shadow): b');
    expect(shown({ lastError: 'ECONNRESET' })[2]).toBe('ECONNRESET');
  });
});
