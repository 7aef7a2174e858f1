// The order of responses: make before break.
import { MAX_HOLD_MS } from '../../../../src/xds/server/hold-back.ts';
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { A, B, ROUTES, StreamFixture, services, slower, TWO } from '../../../support/stream-fixture.ts';

describe('AdsStream, order', () => {
  it('sends a change of everything as CDS, EDS, LDS, RDS', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    const moved = sampleSnapshot({
      services: [{ name: 'a', endpoints: [TWO] }],
      listen: { host: '127.0.0.1', port: 15_002 },
    });
    const routes = new Map([[ROUTES, { name: ROUTES, virtualHosts: [] }]]);
    fixture.set({ ...slower(moved, A), routes });
    expect(fixture.take()).toEqual([`CDS ${A}`, `EDS ${A}`, 'LDS outbound', `RDS ${ROUTES}`]);
  });

  it('holds routes to a new cluster until the client has asked for its endpoints and they are sent', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('a', 'b'));
    fixture.ack('CDS');
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
    fixture.ask('EDS', [A, B]);
    expect(fixture.take()).toEqual([`EDS ${B}`, `RDS ${ROUTES}`]);
  });

  // Found by the property test: the client's drop of the old endpoints crossed the new cluster, and the routes went first.
  it('holds routes to a cluster that is back while the client is still dropping its endpoints', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.set(sampleSnapshot({ services: [{ name: 'a', endpoints: [TWO] }] }));
    const unanswered = fixture.lastNonce('EDS');
    fixture.set(services());
    fixture.ack('RDS', [ROUTES]);
    const removal = fixture.lastNonce('CDS');
    fixture.take();
    fixture.set(services('a'));
    fixture.ask('CDS', [], removal);
    expect(fixture.take()).toEqual([`CDS ${A}`]);
    fixture.ask('EDS', [], unanswered);
    expect(fixture.take()).toEqual([]);
    fixture.ask('EDS', [A], unanswered);
    expect(fixture.take()).toEqual([`EDS ${A}`, `RDS ${ROUTES}`]);
  });

  it(`holds them for at most ${MAX_HOLD_MS} ms, for clients that take only the endpoints that they use`, () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('a', 'b'));
    fixture.clock.advance(MAX_HOLD_MS - 1);
    expect(fixture.take()).toEqual([`CDS ${A},${B}`]);
    fixture.clock.advance(1);
    expect(fixture.take()).toEqual([`RDS ${ROUTES}`]);
  });

  it('does not hold them for clusters that were refused', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('a', 'b'));
    fixture.nack('CDS', 'no');
    expect(fixture.take()).toEqual([`CDS ${A},${B}`, `RDS ${ROUTES}`]);
  });

  it('does not send routes past clusters that wait for an answer', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.set(slower(services('a'), A));
    fixture.ack('EDS', [A]);
    fixture.take();
    // CDS is not answered yet, and the next change concerns it too.
    fixture.set(services('a', 'b'));
    expect(fixture.take()).toEqual([]);
  });

  it('sends the endpoints of a changed cluster again, though they are the same: the client warms it with them', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.syncAll(A, B);
    fixture.take();
    fixture.set(slower(services('a', 'b'), B));
    expect(fixture.take()).toEqual([`CDS ${A},${B}`, `EDS ${B}`]);
  });

  it('tells of a removed cluster after the routes that used it', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.syncAll(A, B);
    fixture.take();
    fixture.set(services('a'));
    expect(fixture.take()).toEqual([`RDS ${ROUTES}`, `CDS ${A}`]);
  });

  it('keeps a removed cluster beside its successor until the routes have moved', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('b'));
    const union = fixture.told[0];
    expect(fixture.take()).toEqual([`CDS ${B},${A}`]);
    fixture.ask('CDS', [], union?.nonce);
    expect(fixture.status('CDS')?.synced).toBe(false);
    fixture.ask('EDS', [B]);
    expect(fixture.take()).toEqual([`EDS ${B}`, `RDS ${ROUTES}`, `CDS ${B}`]);
    fixture.ask('CDS', [], String(Number(union?.nonce) + 3));
    expect(fixture.status('CDS')?.synced).toBe(true);
    expect(fixture.status('CDS')?.ackedVersion).not.toBe(union?.version);
  });

  it('tells nothing more after it is closed, and leaves no timer', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.ask('CDS');
    fixture.stream.close();
    fixture.take();
    fixture.set(services('a', 'b'));
    expect([fixture.take(), fixture.clock.pendingTimers, fixture.cache.views()]).toEqual([[], 0, []]);
  });
});
