// What an incremental stream makes of answers, and in which order it tells what changed.
import { DeltaFixture } from '../../../support/delta-fixture.ts';
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { A, B, ROUTES, services, slower, TWO } from '../../../support/stream-fixture.ts';

describe('AdsStream, incremental answers', () => {
  it('takes names from a request with a stale nonce, but not its answer', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.ask('EDS', { subscribe: [A] });
    const stale = fixture.lastNonce('EDS');
    fixture.ack('EDS');
    fixture.set(sampleSnapshot({ services: ['a', 'b'].map((name) => ({ name, endpoints: [TWO] })) }));
    fixture.take();
    fixture.ask('EDS', { subscribe: [B], unsubscribe: [A], nonce: stale });
    expect(fixture.status('EDS')).toMatchObject({ names: 1, state: 'STALE' });
    expect(fixture.take()).toEqual([]);
    fixture.ack('EDS');
    expect(fixture.take()).toEqual([`EDS +${B}`]);
  });

  it('has one response of a type under way: while it is unanswered, the latest state wins', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.ask('EDS', { subscribe: [A] });
    const at = (port: number) =>
      sampleSnapshot({ services: [{ name: 'a', endpoints: [{ host: '127.1.0.1', port }] }] });
    for (let port = 1; port <= 50; port += 1) fixture.set(at(port));
    expect(fixture.take()).toHaveLength(1);
    fixture.ack('EDS');
    expect(fixture.take()).toEqual([`EDS +${A}`]);
    fixture.ack('EDS');
    expect(fixture.take()).toEqual([]);
  });

  it('keeps which resource is refused, and why, while others are accepted, and sends it again when it changes', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.syncAll(ROUTES, A, B);
    fixture.set(slower(slower(services('a', 'b'), A), B));
    fixture.nack('CDS', `Error adding/updating cluster(s) ${B}: too slow`);
    expect(fixture.status('CDS')).toMatchObject({ state: 'ERROR', refused: [{ name: B }] });
    fixture.set(slower(services('a', 'b', 'c'), B));
    fixture.take();
    fixture.ack('CDS');
    expect(fixture.status('CDS')).toMatchObject({
      state: 'ERROR',
      refused: [{ name: B }],
      nack: { at: fixture.clock.wallNow() },
    });
    fixture.set(services('a', 'b', 'c'));
    expect(fixture.take()).toContain(`CDS +${B}`);
    fixture.ack('CDS');
    expect(fixture.status('CDS')).toMatchObject({ refused: [], nack: null });
  });

  it('forgets a refusal with the resource', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.ask('EDS', { subscribe: [A, B] });
    fixture.nack('EDS', `bad: ${B}`);
    fixture.ask('EDS', { unsubscribe: [B] });
    expect(fixture.status('EDS')).toMatchObject({ state: 'SYNCED', refused: [] });
  });
});

describe('AdsStream, incremental order', () => {
  it('sends a change of everything as CDS, EDS, LDS, RDS', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.syncAll(ROUTES, A);
    fixture.take();
    const moved = sampleSnapshot({
      services: [{ name: 'a', endpoints: [TWO] }],
      listen: { host: '127.0.0.1', port: 15_002 },
    });
    fixture.set({ ...slower(moved, A), routes: new Map([[ROUTES, { name: ROUTES, virtualHosts: [] }]]) });
    expect(fixture.take()).toEqual([`CDS +${A}`, `EDS +${A}`, 'LDS +outbound', `RDS +${ROUTES}`]);
  });

  it('tells of removed clusters, then of their endpoints, after the routes that used them', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.syncAll(ROUTES, A, B);
    fixture.take();
    fixture.set(services('a'));
    expect(fixture.take()).toEqual([`RDS +${ROUTES}`, `CDS -${B}`, `EDS -${B}`]);
  });

  it('holds routes to a new cluster until its endpoints are sent, and the old cluster until the routes are', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.syncAll(ROUTES, A);
    fixture.take();
    fixture.set(services('b'));
    expect(fixture.take()).toEqual([`CDS +${B}`]);
    fixture.ack('CDS');
    fixture.ask('EDS', { subscribe: [B] });
    expect(fixture.take()).toEqual([`EDS +${B}`, `RDS +${ROUTES}`, `CDS -${A}`]);
    fixture.ack('EDS');
    expect(fixture.take()).toEqual([`EDS -${A}`]);
  });

  it('sends the endpoints of a changed cluster again, though they are the same: Envoy warms it with them', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.syncAll(ROUTES, A, B);
    fixture.take();
    fixture.set(slower(services('a', 'b'), B));
    expect(fixture.take()).toEqual([`CDS +${B}`, `EDS +${B}`]);
  });

  // Found by the property test: the client took endpoints up again while they went, and lost them before the routes.
  it('tells of endpoints that are gone after the routes, also when they were asked for just now', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.syncAll(ROUTES, A);
    fixture.set(services('a', 'b'));
    fixture.ack('CDS');
    fixture.ask('EDS', { subscribe: [B] });
    fixture.take();
    // The routes to b are not answered yet, so those without it have to wait.
    fixture.set(services('a'));
    fixture.ask('EDS', { unsubscribe: [B], nonce: fixture.lastNonce('EDS') });
    fixture.ask('EDS', { subscribe: [B] });
    expect(fixture.take()).toEqual([]);
    fixture.ack('RDS');
    expect(fixture.take()).toEqual([`RDS +${ROUTES}`, `CDS -${B}`, `EDS -${B}`]);
  });
});
