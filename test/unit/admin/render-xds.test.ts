// `GET /xds`: a person sees at once what is not in force, and why.
import { renderXdsJson, renderXdsText } from '../../../src/admin/render-xds.ts';
import type { XdsStatus } from '../../../src/admin/sidecar-status.ts';

const WELL: XdsStatus = {
  protocol: 'delta',
  connected: true,
  lastError: null,
  versions: { CDS: '1a2b', EDS: '' },
  refused: [],
  missing: [],
  held: [],
  waitingFor: [],
  ignored: [],
  stray: [],
};

const ILL: XdsStatus = {
  ...WELL,
  connected: false,
  lastError: 'control plane 127.0.0.1:15010: connect ECONNREFUSED',
  refused: [
    { type: 'CDS', name: 'a', reasons: ['cluster "a": connect_timeout: is 0; give more than 0 s', 'two\nlines'] },
  ],
  missing: [{ type: 'EDS', name: 'b', reason: 'timeout' }],
  held: ['routes "proxy/default" wait for cluster "b"'],
  waitingFor: ['endpoints of cluster "b"'],
  ignored: ['CDS a: lb_policy'],
  stray: ['type.googleapis.com/x.Y'],
};

describe('GET /xds', () => {
  it('has three kinds of lines when all is well', () => {
    expect(renderXdsText(WELL)).toBe('protocol: delta\nconnected: yes\nversion: CDS 1a2b\nversion: EDS (none yet)\n');
  });

  it('gives each trouble one line with its reason', () => {
    expect(renderXdsText(ILL).split('\n').slice(1)).toEqual([
      'connected: no, control plane 127.0.0.1:15010: connect ECONNREFUSED',
      'version: CDS 1a2b',
      'version: EDS (none yet)',
      'refused: CDS a: cluster "a": connect_timeout: is 0; give more than 0 s',
      'refused: CDS a: two lines',
      'missing: EDS b: timeout',
      'held back: routes "proxy/default" wait for cluster "b"',
      'waiting for: endpoints of cluster "b"',
      'left out: CDS a: lb_policy',
      'not asked for: type.googleapis.com/x.Y',
      '',
    ]);
  });

  it('says the same as JSON', () => {
    expect(JSON.parse(renderXdsJson(ILL))).toMatchObject({
      connected: false,
      last_error: ILL.lastError,
      waiting_for: ILL.waitingFor,
      missing: ILL.missing,
    });
  });

  it('says that there is no control plane where there is none', () => {
    expect([renderXdsText(null), JSON.parse(renderXdsJson(null))]).toEqual([
      'protocol: none, all configuration stands in a file\n',
      { protocol: null },
    ]);
  });
});
