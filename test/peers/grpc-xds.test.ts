// gRPC's own xDS client as a proxyless client of our control plane: it dials a Service name and balances over its pods, without any sidecar.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { MemoryPlane } from '../support/memory-plane.ts';
import { waitUntil } from '../support/wait-until.ts';

const PROGRAM = fileURLToPath(new URL('../support/grpc-xds-caller.ts', import.meta.url));
/** As the guide has it. */
const BOOTSTRAP = readFileSync(new URL('../../examples/grpc-client/bootstrap.json', import.meta.url), 'utf8');
const PODS = ['pod-0', 'pod-1', 'pod-2'];

interface Backend {
  readonly name: string;
  readonly server: Server;
  readonly port: number;
}

/** A gRPC server that answers with its own name. */
async function startBackend(name: string): Promise<Backend> {
  const server = new Server();
  const same = (bytes: Buffer) => bytes;
  const ask = {
    path: '/test.Who/Ask',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  const answer = (_: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => reply(null, Buffer.from(name));
  server.addService({ ask }, { ask: answer });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { name, server, port };
}

/** A program that calls one target. */
class Caller {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;
  #log = '';

  constructor(target: string, xdsPort: number, namespace: string, deadlineMs: number) {
    const bootstrap = BOOTSTRAP.replace('127.0.0.1:15010', `127.0.0.1:${xdsPort}`)
      .replace('"grpc-visitor"', `"grpc-${namespace}"`)
      .replace('"NAMESPACE": "default"', `"NAMESPACE": "${namespace}"`);
    const env = { ...process.env, GRPC_XDS_BOOTSTRAP_CONFIG: bootstrap };
    const child = spawn(process.execPath, [PROGRAM, target, String(deadlineMs)], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-4_000);
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  async call(count: number): Promise<readonly string[]> {
    this.#child.stdin?.write(`${count}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the caller ended: ${this.#log}`);
    return JSON.parse(value) as readonly string[];
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#lines.close();
    this.#child.kill('SIGKILL');
    await closed;
  }
}

describe("gRPC's xDS client without a sidecar", () => {
  const callers: Caller[] = [];
  let backends: readonly Backend[] = [];
  let plane: MemoryPlane;

  /** The pods behind the Service from now on. */
  function publish(...pods: readonly string[]): void {
    for (const { name, port } of backends) {
      plane.putSlice(`my-api-service-${name}`, 'my-api-service', port, pods.includes(name));
    }
  }

  function dial(target: string, { namespace = 'default', deadlineMs = 10_000 } = {}): Caller {
    const caller = new Caller(target, plane.xdsPort, namespace, deadlineMs);
    callers.push(caller);
    return caller;
  }

  const count = (answers: readonly string[]) =>
    Object.fromEntries(PODS.map((pod) => [pod, answers.filter((answer) => answer === pod).length]));

  async function clients(): Promise<readonly { readonly nodeId: string; readonly types: readonly unknown[] }[]> {
    const page = (await (await fetch(`http://${plane.admin}/debug/clients`)).json()) as { clients: [] };
    return page.clients;
  }

  beforeAll(async () => {
    backends = await Promise.all(PODS.map(startBackend));
  });

  afterAll(() => {
    for (const { server } of backends) server.forceShutdown();
  });

  beforeEach(async () => {
    plane = new MemoryPlane();
    plane.putService('my-api-service', 'apps/my-api.yaml');
    publish(...PODS);
    await plane.start();
  });

  afterEach(async () => {
    for (const caller of callers.splice(0)) await caller.stop();
    await plane.close();
  });

  it('balances calls to xds:///my-api-service:80 over its three pods, evenly', async () => {
    const caller = dial('xds:///my-api-service:80');
    await waitUntil('all pods answer', async () => (new Set(await caller.call(6)).size === 3 ? true : null), 10_000);
    expect(count(await caller.call(30))).toEqual({ 'pod-0': 10, 'pod-1': 10, 'pod-2': 10 });
    const [client] = await clients();
    expect(client?.types).toMatchObject(
      ['LDS', 'RDS', 'CDS', 'EDS'].map((shortName) => ({ shortName, state: 'SYNCED', names: 1, wildcard: false })),
    );
  }, 20_000);

  it.each([
    ...['round-robin', 'least-request', 'peak-ewma', 'random', 'ring-hash', 'maglev'].map(
      (name) => `load-balancer: ${name}`,
    ),
    ...['retries: "3"', 'retries: "0"', 'timeout: 10s'],
  ])(
    'does not refuse %s, and reaches no pod but those of the Service',
    async (annotation) => {
      const annotations = `switchboard.dev/${annotation}`;
      const metadata = `{name: my-api-service, annotations: {${annotations}}}`;
      plane.put(`apiVersion: v1\nkind: Service\nmetadata: ${metadata}\nspec: {ports: [{port: 80}]}\n`);
      const caller = dial('xds:///my-api-service:80');
      expect((await caller.call(12)).filter((answer) => !PODS.includes(answer))).toEqual([]);
      const [client] = await clients();
      expect(client?.types).toMatchObject(
        ['LDS', 'RDS', 'CDS', 'EDS'].map((shortName) => ({ shortName, state: 'SYNCED', names: 1 })),
      );
    },
    20_000,
  );

  it('follows pods that go and come, and loses no call meanwhile', async () => {
    const caller = dial('xds:///my-api-service.default.svc.cluster.local:80');
    const seen: string[] = [];
    const only = (...pods: readonly string[]) =>
      waitUntil(
        `only ${pods.join(', ')} answer`,
        async () => {
          const answers = await caller.call(12);
          seen.push(...answers);
          return new Set(answers).size === pods.length && answers.every((pod) => pods.includes(pod)) ? true : null;
        },
        10_000,
      );
    await only(...PODS);
    publish('pod-1');
    await only('pod-1');
    publish('pod-0', 'pod-2');
    await only('pod-0', 'pod-2');
    publish(...PODS);
    await only(...PODS);
    expect(seen.filter((answer) => !PODS.includes(answer))).toEqual([]);
  }, 20_000);

  it('finds names as a pod of its own namespace would, and others not', async () => {
    const near = dial('xds:///my-api-service.default:80', { namespace: 'shop' });
    expect(PODS).toContain((await near.call(1))[0]);
    // gRPC waits for 15 s before it takes a name for missing; the call's deadline comes first.
    const far = dial('xds:///my-api-service:80', { namespace: 'shop', deadlineMs: 500 });
    expect((await far.call(1))[0]).toMatch(/^error: .*waiting for name resolution/);
  }, 20_000);

  it('tells at once of a Service that comes later', async () => {
    const caller = dial('xds:///later:80', { deadlineMs: 500 });
    expect((await caller.call(1))[0]).toMatch(/^error: /);
    plane.putService('later');
    plane.putSlice('later-1', 'later', backends[0]?.port ?? 0);
    await waitUntil('later answers', async () => ((await caller.call(1))[0] === 'pod-0' ? true : null), 10_000);
  }, 20_000);

  it.each([
    ['GRPCRoute', '{method: {service: test.Who, method: Ask}}'],
    ['HTTPRoute', '{path: {type: PathPrefix, value: /test.Who}}'],
  ])(
    'goes where a %s of the Service says, as soon as it does',
    async (kind, match) => {
      plane.putService('v2');
      plane.putSlice('v2-1', 'v2', backends[2]?.port ?? 0);
      const caller = dial('xds:///my-api-service:80');
      expect(PODS).toContain((await caller.call(1))[0]);
      plane.put(`
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: who}
spec:
  parentRefs: [{group: "", kind: Service, name: my-api-service}]
  rules: [{matches: [${match}], backendRefs: [{name: v2, port: 80}]}]
`);
      const settled = async () => ((await caller.call(6)).every((answer) => answer === 'pod-2') ? true : null);
      await waitUntil('every call goes to v2', settled, 10_000);
      const [client] = await clients();
      expect(client?.types).toMatchObject(
        ['LDS', 'RDS', 'CDS', 'EDS'].map((shortName) => ({ shortName, state: 'SYNCED' })),
      );
    },
    20_000,
  );

  it('is not shown to clients that ask for everything: listeners exist for those who name them', async () => {
    const snapshot = await (await fetch(`http://${plane.admin}/debug/snapshot`)).text();
    expect(JSON.parse(snapshot)).toMatchObject({ listeners: [{ name: 'outbound' }] });
  });
});
