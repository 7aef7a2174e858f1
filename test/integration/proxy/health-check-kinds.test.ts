// Promises of active health checks on real sockets: how pods are asked over HTTP, by TCP and by gRPC, and what counts as an answer.
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { HealthCheckSpec } from '../../../src/model/health-check-spec.ts';
import type { UpstreamTlsSpec } from '../../../src/model/tls-spec.ts';
import { type GrpcHealthPod, grpcHealthPod } from '../../support/grpc-health-pod.ts';
import {
  checksAnswered as answered,
  answersOf as answers,
  checkedPod,
  checkedScene,
  HTTP_CHECK as HTTP,
  type CheckedPod as Pod,
} from '../../support/health-scene.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();
const closing: (() => void)[] = [];
afterEach(async () => {
  await stage.close();
  pods.close();
  for (const close of closing.splice(0)) close();
});

const podOf = (name: string, status?: number) => checkedPod(stage, name, status);
const sceneOf = (...args: Rest<Parameters<typeof checkedScene>>) => checkedScene(stage, ...args);
type Rest<List extends readonly unknown[]> = List extends readonly [unknown, ...infer Others] ? Others : never;

describe('a check over HTTP', () => {
  it('keeps requests from the one of three pods that fails it, from the first request on', async () => {
    const all = [await podOf('a'), await podOf('b', 503), await podOf('c')];
    const { plane } = await sceneOf(all.map(({ backend }) => backend));
    expect(new Set(await answers(plane, 12))).toEqual(new Set(['a', 'c']));
    expect(plane.stat('cluster.web.membership_healthy')).toBe(2);
    expect(plane.stat('cluster.web.health_check.healthy')).toBe(2);
    expect(plane.stat('cluster.web.health_check.attempt')).toBe(3);
    const { backend } = all[1] as Pod;
    expect(plane.endpoint('web', backend)?.check).toMatchObject({ failing: true, detail: 'HTTP status 503' });
  });

  it('asks as it is told: path, method, host, headers', async () => {
    const pod = await podOf('a');
    const check: HealthCheckSpec['check'] = {
      ...{ ...HTTP, method: 'HEAD', host: 'pods.example' },
      add: [{ name: 'x-probe', value: 'yes', action: 'append' }],
      remove: ['user-agent'],
    };
    await sceneOf([pod.backend], { check });
    const [asked] = pod.checks();
    expect(asked?.method).toBe('HEAD');
    expect([asked?.get('host'), asked?.get('x-probe'), asked?.get('user-agent')]).toEqual([
      'pods.example',
      'yes',
      undefined,
    ]);
  });

  it('is addressed to the cluster, where nobody says otherwise, and says who asks', async () => {
    const pod = await podOf('a');
    await sceneOf([pod.backend]);
    const [asked] = pod.checks();
    expect([asked?.get('host'), asked?.get('user-agent')]).toEqual(['web', 'Switchboard/HC']);
  });

  it('takes a pod out at once for a status that is not expected, and lets it back after 2 good ones', async () => {
    const [pod, other] = [await podOf('a'), await podOf('b')];
    const { plane, clock } = await sceneOf([pod.backend, other.backend]);
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['a', 'b']));
    pod.status = 500;
    clock.advance(60_100);
    await answered(plane, 4);
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['b']));
    pod.status = 200;
    clock.advance(10_100);
    await answered(plane, 6);
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['b']));
    clock.advance(10_100);
    await answered(plane, 8);
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['a', 'b']));
  });

  it('counts a retriable status towards the threshold', async () => {
    const [pod, other] = [await podOf('a'), await podOf('b')];
    const check = { ...HTTP, retriableStatuses: [{ start: 503, end: 504 }] };
    const { plane, clock } = await sceneOf([pod.backend, other.backend], { check });
    await answers(plane, 1);
    pod.status = 503;
    clock.advance(60_100);
    await answered(plane, 4);
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['a', 'b']));
    clock.advance(10_100);
    await answered(plane, 6);
    expect(new Set(await answers(plane, 4))).toEqual(new Set(['b']));
  });

  it('that nobody answers has failed after its timeout, and its connection is closed', async () => {
    const other = await podOf('b');
    const silent = await pods.pod((socket) => void socket.resume());
    const { plane, clock } = await sceneOf([other.backend]);
    plane.setEndpoints('web', [other.backend, silent]);
    await until('it is asked', () => silent.accepted.length === 1);
    clock.advance(1_100);
    await until('it is closed', () => silent.accepted[0]?.readableEnded === true);
    expect(plane.endpoint('web', silent)?.check?.detail).toBe('no answer within 1000 ms');
    expect(plane.stat('cluster.web.health_check.network_failure')).toBe(1);
    expect(await answers(plane, 2)).toEqual(['b', 'b']);
  });

  it.each([
    [{}, 1],
    [{ closesConnections: true }, 3],
  ] as const)('with %j makes %d connections for 3 checks', async (options, connections) => {
    const pod = await podOf('a');
    const { plane, clock } = await sceneOf([pod.backend], options);
    for (const count of [2, 3]) {
      clock.advance(60_100);
      await answered(plane, count);
    }
    expect(pod.backend.connections).toHaveLength(connections);
  });

  it('lets pods take requests after the others that say x-envoy-degraded', async () => {
    const [pod, other] = [await podOf('a'), await podOf('b')];
    pod.fields = 'x-envoy-degraded: true\r\n';
    const { plane } = await sceneOf(
      [pod.backend, other.backend],
      {},
      { cluster: { balancing: { panicThreshold: 0 } } },
    );
    expect(plane.stat('cluster.web.health_check.degraded')).toBe(1);
    expect(plane.endpoint('web', pod.backend)?.health).toBe('degraded');
  });

  it('looks at the body: what is waited for in its order', async () => {
    const backend = await stage.backend(({ target }, connection) =>
      connection.answer(200, target === '/healthz' ? 'db: ok, cache: no' : 'a'),
    );
    const receive = ['64623a206f6b', '63616368653a206f6b'];
    const { plane } = await sceneOf([backend], { check: { ...HTTP, receive } });
    expect(plane.endpoint('web', backend)?.check?.detail).toBe(
      'HTTP status 200, and its body is not what is waited for',
    );
  });

  it('over HTTP/2 asks pods that speak nothing else', async () => {
    const asked: string[] = [];
    const backend = await Http2Backend.start((stream, headers) => {
      asked.push(`${headers[':method']} ${headers[':authority']}${headers[':path']}`);
      stream.respond({ ':status': 200 }, { endStream: true });
    });
    closing.push(() => backend.close());
    const { plane } = await sceneOf([backend], { check: { ...HTTP, http2: true } }, { http2Services: ['web'] });
    expect(asked).toEqual(['GET web/healthz']);
    expect(plane.stat('cluster.web.health_check.healthy')).toBe(1);
  });
});

describe('a check by TCP', () => {
  it('without a text takes a connection for a yes, and a refusal for a no', async () => {
    const pod = await podOf('a');
    const refusing = await stage.refusing();
    const { plane } = await sceneOf([pod.backend, refusing], { check: { kind: 'tcp' } });
    expect(await answers(plane, 4)).toEqual(['a', 'a', 'a', 'a']);
    expect(plane.endpoint('web', refusing)?.check?.detail).toBe('ECONNREFUSED');
  });

  it('sends and waits for what it is told: PING and PONG', async () => {
    const answering = await pods.pod((socket) =>
      socket.on('data', (bytes) => socket.write(String(bytes) === 'PING' ? '+PO' : 'no')),
    );
    const check: HealthCheckSpec['check'] = { kind: 'tcp', send: '50494e47', receive: ['2b504f'] };
    const { plane, clock } = await sceneOf([answering], { check });
    expect(plane.stat('cluster.web.health_check.healthy')).toBe(1);
    clock.advance(60_100);
    await answered(plane, 2);
    expect(answering.accepted).toHaveLength(1);
  });
});

const file = (name: string) => ({
  kind: 'file' as const,
  path: join(import.meta.dirname, '../../fixtures/tls', name),
});
const TLS: UpstreamTlsSpec = {
  ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', applicationProtocols: [] },
  ...{ sni: 'a.example', validation: { trustedCa: file('ca.pem') } },
};
const GRPC = { check: { kind: 'grpc' as const, service: '' } };

describe("a check by gRPC's health service", () => {
  async function grpcPod(tls?: { readonly asksClients: boolean }): Promise<GrpcHealthPod> {
    const pod = await grpcHealthPod(tls);
    closing.push(() => pod.close());
    return pod;
  }

  it('takes SERVING for a yes and everything else for a no', async () => {
    const [one, two] = [await grpcPod(), await grpcPod()];
    const check: HealthCheckSpec['check'] = { kind: 'grpc', service: 'shop.Cart' };
    const { plane, clock } = await sceneOf([one, two], { check }, { http2Services: ['web'] });
    expect(plane.stat('cluster.web.health_check.healthy')).toBe(2);
    expect(one.asked).toEqual(['shop.Cart']);
    two.status = 2;
    clock.advance(60_100);
    await answered(plane, 4);
    expect(plane.endpoint('web', two)?.check).toMatchObject({ failing: true, detail: 'gRPC health: NOT_SERVING' });
  });

  it('carries what it is told to, bytes as base64, and is no answer where that cannot be said', async () => {
    const pod = await grpcPod();
    const check = {
      kind: 'grpc',
      service: '',
      metadata: [
        { name: 'x-who', value: 'me', action: 'append' },
        { name: 'x-key-bin', value: 'AAEC', action: 'append' },
      ],
    } as const satisfies HealthCheckSpec['check'];
    const { plane } = await sceneOf([pod], { check }, { http2Services: ['web'] });
    expect(plane.stat('cluster.web.health_check.healthy')).toBe(1);
    expect(pod.metadata[0]?.get('x-who')).toEqual(['me']);
    expect(pod.metadata[0]?.get('x-key-bin')).toEqual([Buffer.from([0, 1, 2])]);

    const wrong = { ...check, metadata: [{ name: 'x-who', value: 'café', action: 'append' }] } as const;
    const other = await sceneOf([pod], { check: wrong }, { http2Services: ['web'] });
    const why = (): string => other.plane.endpoint('web', pod)?.check?.detail ?? '';
    await answered(other.plane, 1);
    expect(why()).toMatch(/^it cannot be asked: .*illegal characters/);
    other.clock.advance(60_050);
    await answered(other.plane, 2);
    expect(why()).toMatch(/^it cannot be asked: /);
  });

  it('takes a pod that does not know the service for a no', async () => {
    const server = new Server();
    closing.push(() => server.forceShutdown());
    const port = await new Promise<number>((resolve) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
    );
    const address = { host: '127.0.0.1', port };
    const { plane } = await sceneOf([address], { check: { kind: 'grpc', service: '' } }, { http2Services: ['web'] });
    expect(plane.endpoint('web', address)?.check?.detail).toContain('gRPC UNIMPLEMENTED');
  });

  it("speaks TLS where the cluster does: with the cluster's names and certificates, and without a name where that has none", async () => {
    const pod = await grpcPod({ asksClients: true });
    for (const sni of ['a.example', '']) {
      const tls = { ...TLS, sni, certificate: { chain: file('client.pem'), privateKey: file('client.key') } };
      const { plane } = await sceneOf([pod], GRPC, { cluster: { tls, protocol: 'http2' } });
      expect(plane.stat('cluster.web.health_check.success')).toBe(1);
    }
    expect(pod.asked).toEqual(['', '']);
  });

  it.each([
    ['whose certificate nobody trusts', { trustedCa: file('stray.pem') }, 'a.example'],
    ['that is somebody else', { trustedCa: file('ca.pem') }, 'c.example'],
  ])('is not spoken with a pod %s', async (_, validation, sni) => {
    const pod = await grpcPod({ asksClients: false });
    const { plane } = await sceneOf([pod], GRPC, { cluster: { tls: { ...TLS, validation, sni }, protocol: 'http2' } });
    expect(plane.endpoint('web', pod)?.check).toMatchObject({ failing: true });
    expect(pod.asked).toEqual([]);
  });

  it('is not spoken with a pod that asks for a certificate where the cluster has none', async () => {
    const pod = await grpcPod({ asksClients: true });
    const { plane } = await sceneOf([pod], GRPC, { cluster: { tls: TLS, protocol: 'http2' } });
    expect(plane.endpoint('web', pod)?.check).toMatchObject({ failing: true });
    expect(pod.asked).toEqual([]);
  });

  it('goes on over TLS, one connection for all checks, and finds out what has changed', async () => {
    const pod = await grpcPod({ asksClients: false });
    const { plane, clock } = await sceneOf([pod], GRPC, { cluster: { tls: TLS, protocol: 'http2' } });
    pod.status = 2;
    clock.advance(60_100);
    await answered(plane, 2);
    expect(plane.endpoint('web', pod)?.check).toMatchObject({ failing: true, detail: 'gRPC health: NOT_SERVING' });
  });
});
