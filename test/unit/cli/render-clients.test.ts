// The table of `status`, and what stands below it.
import { type ClientRow, readClients } from '../../../src/cli/read-clients.ts';
import { renderClients, renderTurnedAway, renderWaiting } from '../../../src/cli/render-clients.ts';

/** As the control plane's page has it. */
function client(nodeId: string, types: Readonly<Record<string, string>>, more: object = {}): object {
  const rows = Object.entries(types).map(([shortName, state]) => ({ shortName, state, refused: [] }));
  return { nodeId, namespace: 'default', protocol: 'delta ads', types: rows, ...more };
}

const read = (...clients: readonly object[]): readonly ClientRow[] => readClients({ ready: true, clients }).clients;
const cells = (table: string): string[][] => table.split('\n').map((line) => line.split(/ {2,}/));

describe('the table of clients', () => {
  it('has four types always, and others where somebody asked for them', () => {
    const plain = client('a', { CDS: 'SYNCED' });
    expect(cells(renderClients(read(plain)))[0]).toEqual(['POD', 'NAMESPACE', 'CDS', 'EDS', 'LDS', 'RDS', 'PROTOCOL']);
    expect(cells(renderClients(read(plain, client('b', { NDS: 'STALE' }))))).toEqual([
      ['POD', 'NAMESPACE', 'CDS', 'EDS', 'LDS', 'RDS', 'NDS', 'PROTOCOL'],
      ['a', 'default', 'SYNCED', '-', '-', '-', '-', 'delta ads'],
      ['b', 'default', '-', '-', '-', '-', 'STALE', 'delta ads'],
    ]);
  });

  it('shows a client of several streams once, with the worst of each type', () => {
    const rows = read(
      client('a', { CDS: 'SYNCED' }),
      client('a', { CDS: 'NOT_SENT', EDS: 'SYNCED' }, { protocol: 'sotw EDS' }),
    );
    expect(cells(renderClients(rows))[1]).toEqual([
      'a',
      'default',
      'NOT SENT',
      'SYNCED',
      '-',
      '-',
      'delta ads, sotw EDS',
    ]);
    expect(rows[0]?.synced).toBe(false);
  });

  it('puts what is refused, and what is asked for in vain, on a line each', () => {
    const refused = [{ name: 'web', reason: 'no\nwonder', origins: [] }];
    const [row] = read({
      ...client('a', {}),
      types: [{ shortName: 'CDS', state: 'ERROR', refused }],
      unserved: ['x.Y'],
    });
    expect(
      renderClients(row === undefined ? [] : [row])
        .split('\n')
        .slice(-2),
    ).toEqual([
      'default/a refuses CDS web: no wonder',
      'default/a asks for x.Y, which this control plane does not serve',
    ]);
  });
});

describe('one line of `status`', () => {
  it('says what a client is waited for', () => {
    const [late, silent] = read(client('a', { CDS: 'STALE', LDS: 'SYNCED', RDS: 'NOT_SENT' }), client('b', {}));
    expect([late, silent].map((row) => (row === undefined ? '' : renderWaiting(row)))).toEqual([
      'default/a (CDS STALE, RDS NOT SENT)',
      'default/b (has asked for nothing)',
    ]);
  });

  it('names who was turned away by id and address, as far as they are known, with at most 500 characters of the reason', () => {
    const peer = '127.0.0.1:4711';
    expect(renderTurnedAway({ nodeId: '', peer, reason: 'a\nb' })).toBe('127.0.0.1:4711 was turned away: a b');
    const long = renderTurnedAway({ nodeId: 'x', peer, reason: 'y'.repeat(5_000) });
    expect(long).toBe(`x (127.0.0.1:4711) was turned away: ${'y'.repeat(500)}…`);
  });
});
