// What an incremental stream sends for what a client asks, and what it does not send again.
import { MAX_HOLD_MS } from '../../../../src/xds/server/hold-back.ts';
import { DeltaFixture } from '../../../support/delta-fixture.ts';
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { A, B, ROUTES, services, slower, TWO } from '../../../support/stream-fixture.ts';

const C = A.replace('|a.', '|c.');

describe('AdsStream, incremental subscriptions', () => {
  it('takes a first request for clusters without names as everything, and answers even when there is nothing', () => {
    const some = new DeltaFixture(services('a', 'b'));
    some.ask('CDS');
    expect(some.take()).toEqual([`CDS +${A} +${B}`]);
    const nothing = new DeltaFixture(services());
    nothing.ask('CDS');
    expect(nothing.take()).toEqual(['CDS']);
    nothing.ack('CDS');
    expect(nothing.status('CDS')).toMatchObject({ state: 'SYNCED', wildcard: true });
  });

  it('tells nothing to a first request for endpoints without names', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.ask('EDS');
    expect(fixture.take()).toEqual([]);
  });

  it('sends what is new, what changed and what is gone, and nothing else', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.ask('CDS');
    fixture.ack('CDS');
    fixture.take();
    fixture.set(slower(services('a', 'c'), A));
    expect(fixture.take()).toEqual([`CDS +${A} +${C} -${B}`]);
  });

  it('answers a name that does not exist as removed, at once, and tells of it when it comes', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.ask('EDS', { subscribe: [A, B] });
    expect(fixture.take()).toEqual([`EDS +${A} -${B}`]);
    fixture.ack('EDS');
    fixture.set(services('a', 'b'));
    expect(fixture.take()).toEqual([`EDS +${B}`]);
  });

  it('sends a name again that is subscribed again, with or without leaving it: the client may have forgotten', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.ask('EDS', { subscribe: [A] });
    fixture.ack('EDS');
    fixture.take();
    fixture.ask('EDS', { subscribe: [A] });
    fixture.ack('EDS');
    fixture.ask('EDS', { unsubscribe: [A] });
    fixture.ask('EDS', { subscribe: [A] });
    expect(fixture.take()).toEqual([`EDS +${A}`, `EDS +${A}`]);
  });

  it('tells nothing of a name that was left, not even that it is gone', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.ask('EDS', { subscribe: [A, B] });
    fixture.ack('EDS');
    fixture.ask('EDS', { unsubscribe: [B] });
    fixture.take();
    fixture.set(services('a'));
    expect(fixture.take()).toEqual([]);
    expect(fixture.status('EDS')).toMatchObject({ names: 1, resources: 1, state: 'SYNCED' });
  });

  it('keeps the wildcard of a first request without names when names are added', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.ask('CDS');
    fixture.ack('CDS');
    fixture.take();
    fixture.ask('CDS', { subscribe: [A] });
    fixture.ack('CDS');
    fixture.set(services('a', 'b'));
    expect(fixture.take()).toEqual([`CDS +${A}`, `CDS +${B}`]);
  });

  it('narrows "*" to the names when a client unsubscribes from it', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.ask('CDS', { subscribe: ['*', A] });
    fixture.ack('CDS');
    fixture.ask('CDS', { unsubscribe: ['*'] });
    fixture.take();
    fixture.set(slower(slower(services('a', 'b', 'c'), A), B));
    expect(fixture.take()).toEqual([`CDS +${A}`]);
    expect(fixture.status('CDS')).toMatchObject({ wildcard: false, names: 1 });
  });

  it('gives everything again to a client that left "*" and takes it up again', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.ask('CDS');
    fixture.ack('CDS');
    fixture.ask('CDS', { unsubscribe: ['*'] });
    fixture.take();
    fixture.ask('CDS', { subscribe: ['*'] });
    expect(fixture.take()).toEqual([`CDS +${A} +${B}`]);
  });

  it('does not fall back to everything when a client that named clusters leaves them all', () => {
    const fixture = new DeltaFixture(services('a', 'b'));
    fixture.ask('CDS', { subscribe: [A] });
    fixture.ack('CDS');
    fixture.ask('CDS', { unsubscribe: [A] });
    fixture.take();
    fixture.set(services('a', 'b', 'c'));
    expect(fixture.take()).toEqual([]);
  });

  it('tells the present state of a name that is left under a wildcard, or that there is none', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.ask('CDS', { subscribe: ['*', A, B] });
    fixture.ack('CDS');
    fixture.take();
    fixture.ask('CDS', { unsubscribe: [A, B] });
    expect(fixture.take()).toEqual([`CDS +${A} -${B}`]);
  });

  it('counts a name once that a request holds twice', () => {
    const fixture = new DeltaFixture(services('a'));
    fixture.ask('EDS', { subscribe: [A, A, A] });
    expect(fixture.take()).toEqual([`EDS +${A}`]);
    expect(fixture.status('EDS')).toMatchObject({ names: 1 });
  });

  it('turns away more names than the limit', () => {
    const fixture = new DeltaFixture(services('a'), { maxNames: 2 });
    fixture.ask('EDS', { subscribe: ['x', 'y', 'z'] });
    expect(fixture.failures).toEqual([expect.stringMatching(/^resource-exhausted: more than 2 names/)]);
    expect(fixture.take()).toEqual([]);
  });
});

describe('AdsStream, incremental reconnects', () => {
  function reconnected(before: ReturnType<typeof services>, after: ReturnType<typeof services> | null) {
    const fixture = new DeltaFixture(before);
    fixture.ask('CDS');
    fixture.ack('CDS');
    fixture.ask('EDS', { subscribe: [A, B] });
    fixture.ack('EDS');
    const [clusters, endpoints] = [fixture.versions('CDS'), fixture.versions('EDS')];
    fixture.take();
    fixture.snapshot = after;
    fixture.reconnect();
    return { fixture, clusters, endpoints };
  }

  it('sends nothing that the client holds already, not even an empty response', () => {
    const { fixture, clusters, endpoints } = reconnected(services('a', 'b'), services('a', 'b'));
    fixture.ask('CDS', { held: clusters });
    fixture.ask('EDS', { subscribe: [A, B], held: endpoints });
    expect(fixture.take()).toEqual([]);
    expect(fixture.status('CDS')).toMatchObject({ state: 'SYNCED', resources: 2 });
    expect(fixture.status('EDS')).toMatchObject({ state: 'SYNCED', resources: 2 });
    expect(fixture.status('CDS')?.ackedVersion).not.toBe('');
  });

  it('sends what changed meanwhile, and says what is gone', () => {
    const { fixture, clusters } = reconnected(services('a', 'b'), slower(services('a'), A));
    fixture.ask('CDS', { held: clusters });
    expect(fixture.take()).toEqual([`CDS +${A}`]);
    // The routes that the client holds may lead there still: they are asked for next.
    fixture.ask('RDS', { subscribe: [ROUTES], held: { [ROUTES]: 'old' } });
    expect(fixture.take()).toEqual([]);
    fixture.ask('EDS', { subscribe: [A], held: {} });
    expect(fixture.take()).toEqual([`EDS +${A}`, `RDS +${ROUTES}`]);
    fixture.ack('CDS');
    expect(fixture.take()).toEqual([`CDS -${B}`]);
  });

  it('compares when the first snapshot comes, where it knew nothing yet', () => {
    const { fixture, clusters } = reconnected(services('a', 'b'), null);
    fixture.ask('CDS', { held: clusters });
    expect(fixture.take()).toEqual([]);
    fixture.set(services('b', 'c'));
    expect(fixture.take()).toEqual([`CDS +${C}`]);
    fixture.ack('CDS');
    fixture.clock.advance(MAX_HOLD_MS);
    expect(fixture.take()).toEqual([`CDS -${A}`]);
  });

  it('passes over what the client holds and does not ask for', () => {
    const { fixture, endpoints } = reconnected(services('a', 'b'), services('a'));
    fixture.ask('EDS', { subscribe: [A], held: { ...endpoints, nobody: '1' } });
    expect(fixture.take()).toEqual([]);
    fixture.ask('EDS', { held: { [A]: 'later requests may not say it' } });
    expect(fixture.take()).toEqual([]);
  });

  it('keeps versions over a restart of the control plane', () => {
    const { clusters } = reconnected(services('a', 'b'), null);
    const restarted = new DeltaFixture(services('b', 'a'));
    restarted.ask('CDS', { held: clusters });
    expect(restarted.take()).toEqual([]);
    restarted.set(sampleSnapshot({ services: [{ name: 'a', endpoints: [TWO] }] }));
    restarted.clock.advance(MAX_HOLD_MS);
    expect(restarted.take()).toEqual([`CDS -${B}`]);
  });
});
