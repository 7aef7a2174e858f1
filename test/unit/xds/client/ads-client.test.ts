// When the client dials, and what it says about it: with streams that a test opens and ends, on a clock that a test moves.
import { create, toBinary } from '@bufbuild/protobuf';
import { createLog, silentLog } from '../../../../src/base/log.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { AdsClient, type AdsClientOptions } from '../../../../src/xds/client/ads-client.ts';
import type { ConnectionEvents } from '../../../../src/xds/client/ads-connection.ts';
import type { Delivery } from '../../../../src/xds/client/client-codec.ts';
import { DELTA_CLIENT_CODEC } from '../../../../src/xds/client/delta-codec.ts';
import { DeltaDiscoveryResponseSchema } from '../../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { envelopes, NotingSink } from '../../../support/delta-subscriber.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { typeOf } from '../../../support/type-of.ts';

const SNAPSHOT = sampleSnapshot({ services: [{ name: 'a', endpoints: [{ host: '127.1.0.1', port: 80 }] }] });

function delivery(shortName: string, nonce: string): Delivery {
  const typeUrl = typeOf(shortName).typeUrl;
  const resources = envelopes(shortName, SNAPSHOT);
  const response = create(DeltaDiscoveryResponseSchema, { typeUrl, nonce, resources });
  return DELTA_CLIENT_CODEC.read(toBinary(DeltaDiscoveryResponseSchema, response));
}

/** A control plane that is there or is not; when it is, it answers each new stream at once. */
class ScriptedControlPlane {
  up = true;
  /** When each stream was opened that found it up, ms. */
  readonly accepted: number[] = [];
  readonly streams = new Set<ConnectionEvents>();
  attempts = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  readonly connect: NonNullable<AdsClientOptions['connect']> = (_options, events) => {
    this.attempts += 1;
    const cancel = this.#clock.after(1, () => {
      if (!this.up) {
        events.ended('connect ECONNREFUSED', false);
        return;
      }
      this.accepted.push(this.#clock.now());
      this.streams.add(events);
      events.delivery(delivery('CDS', '1'));
    });
    return { send: () => {}, close: cancel };
  };

  /** Every stream ends in the same moment. */
  restart(downMs: number): void {
    this.up = false;
    const ended = [...this.streams];
    this.streams.clear();
    for (const events of ended) events.ended('the control plane ended the stream', true);
    this.#clock.after(downMs, () => {
      this.up = true;
    });
  }
}

function follow(clock: ManualClock, seed: number, options: Partial<AdsClientOptions>): AdsClient {
  return new AdsClient({
    address: '127.0.0.1:15010',
    node: { id: `sidecar-${seed}`, namespace: 'default', outboundAddresses: [] },
    sink: new NotingSink(),
    clock,
    random: seededRandom(seed),
    log: silentLog,
    ...options,
  });
}

/** How many of `moments` lie in the fullest window of `widthMs`. */
function densest(moments: readonly number[], widthMs: number): number {
  const sorted = [...moments].sort((a, b) => a - b);
  return Math.max(...sorted.map((from) => sorted.filter((each) => each >= from && each < from + widthMs).length));
}

describe('500 clients whose control plane restarts', () => {
  function herd(downMs: number) {
    const clock = new ManualClock();
    const plane = new ScriptedControlPlane(clock);
    const clients = Array.from({ length: 500 }, (_, i) => follow(clock, i + 1, { connect: plane.connect }));
    for (const client of clients) client.start();
    clock.advance(10);
    plane.accepted.length = 0;
    plane.attempts = 0;
    plane.restart(downMs);
    const restartedAt = clock.now() + downMs;
    clock.advance(downMs + 30_000);
    return { plane, clients, after: plane.accepted.map((at) => at - restartedAt), clock };
  }

  it('come back spread over 500 ms when it was away for a moment: at most 20 % in any tenth of it', () => {
    const { after } = herd(0);
    expect(after).toHaveLength(500);
    expect(Math.max(...after)).toBeLessThan(600);
    expect(densest(after, 50)).toBeLessThan(100);
  });

  it('come back within 10 s when it was away for a minute: at most 5 % in any 100 ms', () => {
    const { after, clients } = herd(60_000);
    expect(after).toHaveLength(500);
    expect(Math.max(...after)).toBeLessThan(10_100);
    expect(densest(after, 100)).toBeLessThan(25);
    expect(clients.every((client) => client.status().connected)).toBe(true);
  });

  it('try less often the longer it is away: fewer than 25 times each in a minute', () => {
    expect(herd(60_000).plane.attempts / 500).toBeLessThan(25);
  });

  it('leave no timer behind when they close', () => {
    const { clients, clock } = herd(100);
    for (const client of clients) client.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('AdsClient', () => {
  function scene(options: Partial<AdsClientOptions> = {}) {
    const clock = new ManualClock();
    const plane = new ScriptedControlPlane(clock);
    const lines: string[] = [];
    const log = createLog({ clock, level: 'debug', format: 'text', sink: (line) => lines.push(line) });
    const client = follow(clock, 1, { connect: plane.connect, log, ...options });
    client.start();
    clock.advance(1);
    const [stream] = plane.streams;
    if (stream === undefined) throw new Error('no stream');
    return { clock, plane, lines, client, stream };
  }

  it('says in log and status what does not come', () => {
    const { clock, client, lines } = scene();
    clock.advance(15_200);
    expect(client.status().missing).toMatchObject([
      { type: 'EDS', reason: 'timeout' },
      { type: 'LDS', name: '*', reason: 'timeout' },
    ]);
    expect(lines.filter((line) => line.includes('does not come'))).toEqual([
      expect.stringContaining('nothing has come at all'),
      expect.stringContaining('outbound|80|a.default'),
    ]);
  });

  it('names a type that nobody asked for once, however often it comes', () => {
    const { lines, stream } = scene();
    for (let i = 0; i < 100; i += 1) stream.delivery({ ...delivery('CDS', '9'), typeUrl: 'type.googleapis.com/x.Y' });
    expect(lines.filter((line) => line.includes('not asked for'))).toHaveLength(1);
  });

  it('says what was refused, and keeps the last good version', () => {
    const { client, lines, stream } = scene();
    const { resources, ...rest } = delivery('CDS', '2');
    const broken = resources.map((each) => ({ ...each, any: { ...each.any, value: new Uint8Array([0xff]) } }));
    stream.delivery({ ...rest, resources: broken as Delivery['resources'] });
    expect(client.status().refused).toMatchObject([{ type: 'CDS', issues: [{ source: 'cluster' }] }]);
    expect(lines.filter((line) => line.includes('refused a part'))).toHaveLength(1);
    expect(JSON.stringify(client.configDump())).toContain('"client_status":"NACKED"');
  });

  it('is out of reach when an attempt has failed, not when a stream has ended, until a response has come', () => {
    const { clock, client, plane, stream } = scene();
    const seen = [client.unreachable];
    plane.up = false;
    stream.ended('read ECONNRESET', false);
    seen.push(client.unreachable);
    clock.advance(1_000);
    seen.push(client.unreachable);
    plane.up = true;
    clock.advance(10_000);
    expect([...seen, client.unreachable]).toEqual([false, false, true, false]);
  });

  it('takes a stream that ends in order for no trouble, and a broken one for some', () => {
    const { clock, lines, plane, stream } = scene();
    stream.ended('the control plane ended the stream', true);
    expect(lines.at(-1)).toMatch(/info.*connecting to the control plane anew/);
    clock.advance(1_000);
    [...plane.streams].at(-1)?.ended('read ECONNRESET', false);
    expect(lines.at(-1)).toMatch(/warn.*last good configuration stays.*ECONNRESET/);
  });
});
