// The real Envoy and our sidecar on one file with health checks: how pods are asked, and who is out after which answers.
import { join } from 'node:path';
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment, routesTo, socketAddress } from '../support/bootstrap-files.ts';
import { httpGet, startEnvoyOn } from '../support/envoy.ts';
import { type GrpcHealthPod, grpcHealthPod } from '../support/grpc-health-pod.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { type RunningCli, startCli } from '../support/run-cli.ts';
import { ScriptedBackend } from '../support/scripted-backend.ts';
import { TempFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const TIMES = {
  ...{ timeout: '2s', interval: '0.1s', no_traffic_interval: '0.1s' },
  ...{ unhealthy_threshold: 3, healthy_threshold: 2 },
};
const HTTP = {
  path: '/healthz?deep=1',
  host: 'pods.example',
  expected_statuses: [{ start: 200, end: 203 }],
  retriable_statuses: [{ start: 503, end: 504 }],
  request_headers_to_add: [{ header: { key: 'x-probe', value: 'yes' } }],
};

interface Side {
  readonly admin: number;
  readonly backend: ScriptedBackend;
}

const FIXTURES = join(import.meta.dirname, '../fixtures/tls');
const TLS_TYPE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
const TLS = {
  '@type': TLS_TYPE,
  sni: 'a.example',
  common_tls_context: {
    alpn_protocols: ['h2'],
    validation_context: { trusted_ca: { filename: join(FIXTURES, 'ca.pem') } },
  },
};
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const HTTP2 = {
  [HTTP_OPTIONS]: {
    '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
    explicit_http_config: { http2_protocol_options: {} },
  },
};

/** Over TLS. */
function grpcCluster(pod: number): object {
  return {
    ...{ name: 'grpc', type: 'STATIC', connect_timeout: '5s', typed_extension_protocol_options: HTTP2 },
    health_checks: [{ ...TIMES, grpc_health_check: { service_name: 'shop.Cart' } }],
    transport_socket: { name: 'tls', typed_config: TLS },
    load_assignment: loadAssignment('grpc', [['127.0.0.1', pod]]),
  };
}

function bootstrap(admin: number, listen: number, backend: number, grpc: number): string {
  const checks = { http: { http_health_check: HTTP }, tcp: { tcp_health_check: {} } };
  return JSON.stringify({
    admin: { address: socketAddress('127.0.0.1', admin) },
    static_resources: {
      listeners: [listenerOf('http', listen, routesTo('http'))],
      clusters: [
        ...Object.entries(checks).map(([name, check]) => ({
          ...{ name, type: 'STATIC', connect_timeout: '5s', health_checks: [{ ...TIMES, ...check }] },
          load_assignment: loadAssignment(name, [['127.0.0.1', backend]]),
        })),
        grpcCluster(grpc),
      ],
    },
  });
}

describeWithPeers('health checks, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const sides: Side[] = [];
  let stopEnvoy: () => Promise<void>;
  /** One for both. */
  let grpc: GrpcHealthPod;
  let sidecar: RunningCli;
  /** What checks over HTTP are answered. */
  let status = 200;
  let fields = '';

  beforeAll(async () => {
    const ports = await freePorts(4);
    grpc = await grpcHealthPod({ asksClients: false });
    for (const index of [0, 1]) {
      const [admin = 0, listen = 0] = ports.slice(index * 2);
      const backend = await ScriptedBackend.start((_, connection) => connection.answer(status, '', fields));
      sides.push({ admin, backend });
      folder.write(`${index}.json`, bootstrap(admin, listen, backend.port, grpc.port));
    }
    sidecar = startCli(['proxy', '-c', folder.at('1.json')]);
    stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', folder.at('0.json'), ports[1] ?? 0);
    await sidecar.says(/(ready)/i);
  }, 30_000);

  afterAll(async () => {
    await stopEnvoy?.();
    sidecar?.child.kill('SIGKILL');
    await sidecar?.ended;
    for (const { backend } of sides) await backend.close();
    grpc?.close();
    folder.remove();
  });

  async function flagsOf({ admin }: Side, cluster: string): Promise<string> {
    const { body } = await httpGet(admin, '/clusters', 'localhost');
    return (
      /::health_flags::(\S+)/.exec(
        body.split('\n').find((line) => line.startsWith(`${cluster}::`) && line.includes('health_flags')) ?? '',
      )?.[1] ?? ''
    );
  }

  /** Both say the same, at last. */
  async function expectFlags(cluster: string, wanted: string): Promise<void> {
    for (const side of sides) {
      await waitUntil(`${cluster} is ${wanted}`, async () => ((await flagsOf(side, cluster)) === wanted ? true : null));
    }
  }

  it('ask alike: method, path, host and what is added; who asks is said by each', async () => {
    const asked = [];
    for (const { backend } of sides) {
      const request = await backend.request(0);
      asked.push([request.method, request.target, request.get('host'), request.get('x-probe')]);
    }
    expect(asked[1]).toEqual(asked[0]);
    expect(sides.map(({ backend }) => backend.requests[0]?.get('user-agent'))).toEqual(['Envoy/HC', 'Switchboard/HC']);
  });

  it('keep one connection for all checks over HTTP', async () => {
    for (const { backend } of sides) {
      await backend.request(5);
      expect(new Set(backend.requests.slice(0, 6).map(({ connection }) => connection)).size).toBe(1);
    }
  });

  it.each([
    ['200', 200, '', 'healthy'],
    ['a status that is not expected', 404, '', '/failed_active_hc'],
    ['an expected one again', 202, '', 'healthy'],
    ['x-envoy-degraded', 200, 'x-envoy-degraded: 1\r\n', '/degraded_active_hc'],
    ['no such field any more', 200, '', 'healthy'],
    ['a retriable status, again and again', 503, '', '/failed_active_hc'],
    ['200 after that', 200, '', 'healthy'],
  ])('find the same of a pod that answers %s', async (_, answer, more, flags) => {
    status = answer;
    fields = more;
    await expectFlags('http', flags);
    await expectFlags('tcp', 'healthy');
  });

  it.each([
    ['SERVING', 1, 'healthy'],
    ['NOT_SERVING', 2, '/failed_active_hc'],
    ['SERVING again', 1, 'healthy'],
  ])('find the same of a pod that says %s by gRPC, over TLS', async (_, said, flags) => {
    grpc.status = said;
    await expectFlags('grpc', flags);
    expect(new Set(grpc.asked)).toEqual(new Set(['shop.Cart']));
  });

  it('find a pod that is gone, by both kinds, after 3 checks', async () => {
    for (const { backend } of sides) await backend.close();
    await expectFlags('http', '/failed_active_hc');
    await expectFlags('tcp', '/failed_active_hc');
    sides.splice(0);
  });
});
