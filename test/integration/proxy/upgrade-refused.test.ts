// Promises of upgrades that are refused, and of those that fail: who may, what h2c means, and pods that do not keep to HTTP.
import type { HttpConnectionManagerSpec } from '../../../src/model/listener-spec.ts';
import type { LivePlane, LivePlaneOptions, TestAddress } from '../../support/live-plane.ts';
import { get, type RawAnswer } from '../../support/raw-client.ts';
import { named, resets, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import {
  asking,
  type SwitchingPod,
  switchedOver,
  switching,
  switchingPod,
  upgraded,
  upgradePlane,
} from '../../support/upgrades.ts';

const stage = new Stage();
const pods = new TcpPods();

afterEach(async () => {
  await stage.close();
  pods.close();
});

const planeTo = (web: readonly TestAddress[], options?: LivePlaneOptions): Promise<LivePlane> =>
  upgradePlane(stage, web, options);

function failure(answer: RawAnswer): string {
  return `${answer.status} ${answer.get('x-switchboard-error')}`;
}

describe('a refused upgrade', () => {
  it.each([200, 400, 426])('(%d) is an ordinary answer, and both connections go on', async (status) => {
    const backend = await stage.backend((request, connection) =>
      connection.answer(request.get('upgrade') === undefined ? 200 : status, request.target),
    );
    const plane = await planeTo([backend]);
    const client = await plane.client();
    // What stands behind the request is a request, as the pod did not change to anything else.
    client.send(asking() + get('web', '/behind'));
    expect([(await client.answer()).status, (await client.answer()).text]).toEqual([status, '/behind']);
    expect((await client.ask(get('web', '/again'))).text).toBe('/again');
    expect(backend.connections).toHaveLength(1);
    expect(plane.stat('http.outbound.downstream_cx_upgrades_total')).toBe(0);
  });

  it.each(['spdy/3.1', 'websocket2', 'foo, bar'])(
    'by configuration (%s) is 403 NR, and no pod sees it',
    async (name) => {
      const backend = await stage.backend(named('a'));
      const plane = await planeTo([backend]);
      const client = await plane.client();
      const answer = await client.ask(asking(name));
      expect(failure(answer)).toBe('403 NR upgrade_not_allowed');
      expect(answer.text).toContain(name);
      expect((await plane.logged(0)).flags).toBe('NR');
      expect(plane.stat('http.outbound.downstream_rq_ws_on_non_ws_route')).toBe(1);
      expect((await client.ask(get('web'))).text).toBe('a /');
      expect(backend.requests).toHaveLength(1);
    },
  );
});

describe('426', () => {
  it.each([get('web'), asking()])(
    'tells the caller of %j what the pod demands, and whatever else it says',
    async (request) => {
      const fields =
        'Connection: Upgrade, X-Hop\r\nUpgrade: HTTP/3.0, websocket\r\nX-Hop: 1\r\nSec-WebSocket-Version: 13\r\n';
      const backend = await stage.backend((_request, connection) => connection.answer(426, 'no', fields));
      const plane = await planeTo([backend]);
      const answer = await (await plane.client()).ask(request);
      expect(answer.fields.map(([name, value]) => `${name}: ${value}`)).toEqual([
        'Content-Length: 2',
        'Sec-WebSocket-Version: 13',
        'connection: Upgrade',
        'upgrade: HTTP/3.0, websocket',
      ]);
    },
  );
});

describe('which protocols are allowed', () => {
  async function asked(upgrades: HttpConnectionManagerSpec['upgrades'], protocol: string): Promise<SwitchingPod> {
    const pod = await switchingPod(pods);
    const plane = await planeTo([pod], { http: upgrades === undefined ? {} : { upgrades } });
    const client = await plane.client();
    client.send(asking(protocol));
    await client.answer();
    return pod;
  }

  it.each([
    ['nothing is said', undefined, 'websocket', ''],
    ['another case', { websocket: true }, 'WebSocket', 'upgrade: WebSocket'],
    ['one of a list', { websocket: true }, 'foo, websocket', 'upgrade: websocket'],
    ['two of a list', { '*': true, foo: false }, 'a/1, foo, b', 'upgrade: a/1, b'],
    ['any', { '*': true }, 'spdy/3.1', 'upgrade: spdy/3.1'],
    ['any but one', { '*': true, foo: false }, 'foo', ''],
    ['h2c beside another one', { '*': true }, 'h2c, websocket', 'upgrade: websocket'],
  ])('%s: %j lets %s become %j', async (_what, upgrades, protocol, line) => {
    const pod = await asked(upgrades as HttpConnectionManagerSpec['upgrades'], protocol);
    expect(pod.heads[0]?.split('\r\n').find((one) => one.startsWith('upgrade')) ?? '').toBe(line);
  });

  it('is said by the route where it says anything', async () => {
    const pod = await switchingPod(pods);
    const plane = await planeTo([pod], { routeUpgrades: { websocket: false, tcp: true } });
    const client = await plane.client();
    expect(failure(await client.ask(asking()))).toBe('403 NR upgrade_not_allowed');
    await upgraded(client, asking('tcp'));
  });

  it.each(['h2c', 'H2C', 'we bsocket', ''])('%j is never one: the request is answered in HTTP/1.1', async (name) => {
    const backend = await stage.backend(named('a'));
    const plane = await planeTo([backend], { http: { upgrades: { '*': true, h2c: true } } });
    const client = await plane.client();
    const fields = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${name}\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n`;
    expect((await client.ask(get('web', '/', fields))).text).toBe('a /');
    const names = backend.requests[0]?.head.fields.map(([field]) => field.toLowerCase());
    expect(names).toEqual(['host', 'x-request-id']);
  });

  it('are none where Connection does not say upgrade, or the request is HTTP/1.0', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await planeTo([backend]);
    expect((await (await plane.client()).ask(get('web', '/', 'Upgrade: websocket\r\n'))).text).toBe('a /');
    const old = 'GET / HTTP/1.0\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect((await (await plane.client()).ask(old)).text).toBe('a /');
  });
});

describe('an upgrade whose pod', () => {
  it('refuses the connection goes to another one', async () => {
    const pod = await switchingPod(pods);
    const plane = await planeTo([await stage.refusing(), await stage.refusing(), pod]);
    for (let i = 0; i < 3; i += 1) await upgraded(await plane.client());
    expect(pod.heads).toHaveLength(3);
  });

  it('has seen the request and resets is told once: nobody knows what it has done since', async () => {
    const backend = await stage.backend(resets);
    const plane = await planeTo([backend, await stage.backend(resets)]);
    const client = await plane.client();
    expect(failure(await client.ask(asking()))).toBe('503 UC upstream_connection_termination');
    expect((await plane.logged(0)).attempts).toBe(1);
  });

  it.each([
    ['garbage', 'ICY 200 OK\r\n\r\n'],
    ['a 101 of HTTP/2', 'HTTP/2 101 Switching\r\n\r\n'],
    ['101 with a body', ''],
  ])('answers with %s is 502 UPE, or 101 without that', async (_what, bytes) => {
    const answer = bytes === '' ? switching('websocket', 'Content-Length: 5\r\n') : bytes;
    const backend = await stage.backend((_request, connection) => {
      connection.send(answer);
      return switchedOver(connection);
    });
    const plane = await planeTo([backend]);
    const client = await plane.client();
    client.send(asking());
    const got = await client.answer();
    if (bytes === '') expect([got.status, got.get('content-length')]).toEqual([101, undefined]);
    else expect(failure(got)).toBe('502 UPE upstream_protocol_error');
  });

  it('says 101 before the request is complete is 502 UPE', async () => {
    const backend = await stage.backend((_request, connection) => connection.send(switching()));
    const plane = await planeTo([backend]);
    const client = await plane.client();
    const fields = 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 10\r\n';
    client.send(`POST / HTTP/1.1\r\nHost: web\r\n${fields}\r\nhalf`);
    expect(failure(await client.answer())).toBe('502 UPE upstream_protocol_error');
  });

  it('is left by its caller before it answers is let go', async () => {
    const backend = await stage.backend(silent);
    const plane = await planeTo([backend]);
    const client = await plane.client();
    client.send(asking());
    await backend.request(0);
    client.end();
    await backend.connections[0]?.closed;
    expect((await plane.logged(0)).flags).toBe('DC');
  });
});
