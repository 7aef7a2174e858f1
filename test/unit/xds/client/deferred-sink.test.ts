// A sink that answers later, as where several workers must apply a change first.

import { DeltaSubscriber, envelopes } from '../../../support/delta-subscriber.ts';
import { sampleClusterName, sampleSnapshot } from '../../../support/sample-snapshot.ts';

const A = sampleClusterName('a');
const B = sampleClusterName('b');

function services(...names: readonly string[]) {
  const endpoints = [{ host: '10.0.0.1', port: 80 }];
  return sampleSnapshot({ services: names.map((name) => ({ name, endpoints })) });
}

function deferred(): { readonly client: DeltaSubscriber; readonly waiting: (() => void)[] } {
  const client = new DeltaSubscriber();
  client.begin();
  const waiting: (() => void)[] = [];
  client.sink.waiting = waiting;
  return { client, waiting };
}

describe('a sink that answers later', () => {
  it('gets the ACK sent when it has answered, while what follows is asked for at once', async () => {
    const { client, waiting } = deferred();
    const { requests, answered } = client.receive('CDS', envelopes('CDS', services('a')));
    expect(requests).toEqual([`EDS +[${A}]`]);
    expect(client.held('CDS').acceptedVersion).toBe('');
    waiting[0]?.();
    expect(await answered).toEqual({ issues: [], requests: ['CDS n=n1'] });
    expect(client.held('CDS').acceptedVersion).toBe('s1');
  });

  it('is handed the next change before it has answered the one before: nothing waits for the slowest', async () => {
    const { client, waiting } = deferred();
    client.receive('CDS', envelopes('CDS', services('a')));
    client.receive('CDS', envelopes('CDS', services('b')));
    expect(client.sink.take().filter((line) => line.startsWith('clusters'))).toEqual([
      `clusters +[${A}] -[]`,
      `clusters +[${B}] -[]`,
    ]);
    expect(waiting).toHaveLength(2);
  });

  it('answers each response by its own nonce', async () => {
    const { client, waiting } = deferred();
    const first = client.receive('CDS', envelopes('CDS', services('a')));
    const second = client.receive('CDS', envelopes('CDS', services('b')));
    for (const answer of waiting) answer();
    expect((await first.answered)?.requests).toEqual(['CDS n=n1']);
    expect((await second.answered)?.requests).toEqual(['CDS n=n2']);
  });

  it('makes the last good version what is held again when it refuses', async () => {
    const { client, waiting } = deferred();
    const good = client.receive('CDS', envelopes('CDS', services('a'), '1'));
    client.sink.refusing.add(A);
    const bad = client.receive('CDS', envelopes('CDS', services('a'), '1').map(changed('2')));
    for (const answer of waiting) answer();
    await good.answered;
    expect((await bad.answered)?.requests).toEqual(['CDS n=n2 NACK']);
    expect(client.held('CDS').held.get(A)?.version).toBe('1');
    expect(client.held('CDS').refused.has(A)).toBe(true);
  });

  it('goes back behind every version that it refuses, one after the other', async () => {
    const { client, waiting } = deferred();
    client.receive('CDS', envelopes('CDS', services('a'), '1'));
    client.sink.refusing.add(A);
    client.receive('CDS', envelopes('CDS', services('a'), '1').map(changed('2')));
    const last = client.receive('CDS', envelopes('CDS', services('a'), '1').map(changed('3')));
    for (const answer of waiting) answer();
    await last.answered;
    expect(client.held('CDS').held.get(A)?.version).toBe('1');
  });

  it('keeps a newer version that came before it refused the older one', async () => {
    const { client, waiting } = deferred();
    client.sink.refusing.add(A);
    const bad = client.receive('CDS', envelopes('CDS', services('a'), '1'));
    client.sink.refusing.clear();
    client.receive('CDS', envelopes('CDS', services('a'), '1').map(changed('2')));
    for (const answer of waiting) answer();
    await bad.answered;
    expect(client.held('CDS').held.get(A)?.version).toBe('2');
    expect(client.held('CDS').refused.has(A)).toBe(false);
  });

  it('is not answered for on a stream that began later', async () => {
    const { client, waiting } = deferred();
    const { answered } = client.receive('CDS', envelopes('CDS', services('a')));
    client.subscriber.end();
    client.begin();
    waiting[0]?.();
    expect((await answered)?.requests).toEqual([]);
    expect(client.held('CDS').nonce).toBe('');
  });
});

/** The same cluster with another time limit, under `version`: other content under the same name. */
function changed(version: string) {
  return (resource: ReturnType<typeof envelopes>[number]) => {
    const { typeUrl, value } = resource.resource as NonNullable<typeof resource.resource>;
    // Field 4 of Cluster, connect_timeout, once more: of a field that comes twice the parts are merged.
    const seconds = Buffer.from([0x22, 0x02, 0x08, Number(version)]);
    return { ...resource, version, resource: { typeUrl, value: new Uint8Array(Buffer.concat([value, seconds])) } };
  };
}
