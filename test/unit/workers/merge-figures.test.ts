// The pages of several workers as one.
import type { EndpointStatus } from '../../../src/admin/sidecar-status.ts';
import { mergeClusters, mergeListeners } from '../../../src/workers/merge-figures.ts';

const IDLE: EndpointStatus = {
  host: '10.0.0.1',
  port: 80,
  health: 'healthy',
  ejected: null,
  wouldBeEjected: null,
  weight: 2,
  priority: 0,
  locality: { region: '', zone: 'a', subZone: '' },
  cxActive: 0,
  cxTotal: 0,
  cxConnectFail: 0,
  rqActive: 0,
  rqTotal: 0,
  rqSuccess: 0,
  rqError: 0,
  rqTimeout: 0,
  lastError: null,
};

describe('clusters of several workers', () => {
  it('have an endpoint out, or warming, as long as in the worker in which it takes longest, and all of its ejections', () => {
    const one = { ...IDLE, ejectionLeftMs: 2_000, ejections: 1 };
    const two = { ...IDLE, ejectionLeftMs: 5_000, ejections: 2, warmingMs: 10 };
    const merged = mergeClusters([[{ name: 'a', endpoints: [one] }], [{ name: 'a', endpoints: [two] }]]);
    expect(merged[0]?.endpoints).toEqual([{ ...IDLE, ejectionLeftMs: 5_000, ejections: 3, warmingMs: 10 }]);
  });

  it('have each endpoint once, with the sums of its figures and what is the same of all', () => {
    const one = { ...IDLE, rqTotal: 3, cxActive: 1 };
    const two = {
      ...IDLE,
      rqTotal: 4,
      cxActive: 1,
      lastError: 'ECONNREFUSED',
      ejected: 'consecutive-5xx: 5 answers of 5xx in a row',
      failedCheck: 'HTTP status 503',
    };
    const merged = mergeClusters([
      [{ name: 'a', endpoints: [one] }],
      [
        { name: 'a', endpoints: [two, { ...IDLE, port: 81 }] },
        { name: 'b', endpoints: [] },
      ],
    ]);
    expect(merged).toEqual([
      {
        name: 'a',
        endpoints: [
          {
            ...IDLE,
            rqTotal: 7,
            cxActive: 2,
            lastError: 'ECONNREFUSED',
            ejected: 'consecutive-5xx: 5 answers of 5xx in a row',
            failedCheck: 'HTTP status 503',
          },
          { ...IDLE, port: 81 },
        ],
      },
      { name: 'b', endpoints: [] },
    ]);
  });
});

describe('listeners of several workers', () => {
  it('are told once', () => {
    const listener = { name: 'out', addresses: [{ host: '127.0.0.1', port: 15_001 }] };
    expect(mergeListeners([[listener], [], [listener, { name: 'in', addresses: [] }]])).toEqual([
      listener,
      { name: 'in', addresses: [] },
    ]);
  });
});
