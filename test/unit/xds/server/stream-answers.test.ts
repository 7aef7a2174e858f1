// What ACKs, NACKs and stale nonces do to a stream.
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { A, B, StreamFixture, services, slower, TWO } from '../../../support/stream-fixture.ts';

describe('AdsStream, answers', () => {
  it('sends nothing again that was acknowledged', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.take();
    fixture.set(services('a'));
    fixture.ack('CDS');
    expect(fixture.take()).toEqual([]);
    expect(fixture.status('CDS')).toMatchObject({ nack: null, synced: true });
  });

  it('passes over a request with a stale nonce', () => {
    const fixture = new StreamFixture(services('a', 'b'));
    fixture.ask('EDS', [A]);
    const stale = fixture.lastNonce('EDS');
    fixture.ack('EDS', [A]);
    fixture.set(sampleSnapshot({ services: [{ name: 'a', endpoints: [TWO] }] }));
    fixture.take();
    fixture.ask('EDS', [A, B], stale);
    expect(fixture.status('EDS')).toMatchObject({ names: 1, synced: false });
    expect(fixture.take()).toEqual([]);
  });

  it('keeps a NACK with its reason and version, and does not send that version again', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    const good = fixture.status('CDS')?.ackedVersion;
    fixture.set(slower(services('a'), A));
    fixture.nack('CDS', 'too slow');
    const status = fixture.status('CDS');
    expect(status).toMatchObject({
      ackedVersion: good,
      nack: { reason: 'too slow', at: fixture.clock.wallNow() },
      synced: false,
    });
    expect(status?.nack?.version).toBe(status?.sentVersion);
    fixture.take();
    fixture.set(slower(services('a'), A));
    fixture.nack('CDS', 'too slow');
    expect(fixture.take()).toEqual([]);
  });

  it('sends a refused type again when its content changes, and forgets the NACK with the ACK', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.syncAll(A);
    fixture.set(slower(services('a'), A));
    fixture.nack('CDS', 'too slow');
    fixture.take();
    fixture.set(services('a'));
    fixture.ack('CDS');
    fixture.ack('EDS', [A]);
    expect(fixture.take()[0]).toBe(`CDS ${A}`);
    expect(fixture.status('CDS')).toMatchObject({ nack: null, synced: true });
  });

  it('has one response of a type under way: while it is unanswered, the latest state wins', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.ask('EDS', [A]);
    fixture.take();
    for (let port = 1; port <= 50; port += 1) {
      fixture.set(sampleSnapshot({ services: [{ name: 'a', endpoints: [{ host: '127.1.0.1', port }] }] }));
    }
    expect(fixture.told).toHaveLength(0);
    fixture.ask('EDS', [A], '1');
    expect(fixture.take()).toEqual([`EDS ${A}`]);
    fixture.ask('EDS', [A], '2');
    expect(fixture.take()).toEqual([]);
  });

  it('cuts the text of a NACK to 4,096 characters', () => {
    const fixture = new StreamFixture(services('a'));
    fixture.ask('CDS');
    fixture.nack('CDS', 'x'.repeat(100_000));
    expect(fixture.status('CDS')?.nack?.reason).toHaveLength(4_096);
  });
});
