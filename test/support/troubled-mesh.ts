// Pods in trouble behind a Service, through control plane and sidecar on real sockets, on a clock of their own: a minute takes as long as its requests do.
import { seededRandom } from '../../src/base/random.ts';
import { listStats } from '../../src/telemetry/prometheus.ts';
import { AppMesh } from './app-mesh.ts';
import { ManualClock } from './manual-clock.ts';
import { get, post, type RawClient } from './raw-client.ts';
import { type Script, ScriptedBackend } from './scripted-backend.ts';

const SERVICE = 'web';
/** Requests in work at one time, at most. */
const CALLERS = 8;

/** What a pod does with a request: a status, or a reset of its connection. */
export type Trouble = () => number | 'reset';

export const fine: Trouble = () => 200;

/** So much of all requests, by chance from `seed`. */
export function troubledBy(answer: number | 'reset', share: number, seed = 1): Trouble {
  const random = seededRandom(seed);
  return () => (random.next() < share ? answer : 200);
}

export interface Outcome {
  readonly requests: number;
  /** Callers that got something else than 200, percent. */
  readonly errorPercent: number;
  /** Requests that pods got. */
  readonly attempts: number;
}

export class TroubledMesh {
  readonly clock = new ManualClock();
  readonly #mesh = new AppMesh();
  readonly #pods: { readonly backend: ScriptedBackend; trouble: Trouble }[] = [];
  #clients: RawClient[] = [];
  #stat: (name: string) => number = () => Number.NaN;

  /** `annotations`: of the Service, as in YAML; one pod for each of `troubles`. */
  static async start(annotations: string, troubles: readonly Trouble[]): Promise<TroubledMesh> {
    const scene = new TroubledMesh();
    for (const trouble of troubles) await scene.#addPod(trouble);
    await scene.#open(annotations);
    return scene;
  }

  /** From now on all pods do this. */
  set trouble(trouble: Trouble) {
    for (const pod of this.#pods) pod.trouble = trouble;
  }

  /** A number of the Service's cluster. */
  stat(name: string): number {
    return this.#stat(`cluster.outbound|80|${SERVICE}.default.svc.cluster.local.${name}`);
  }

  /** So many seconds of requests, evenly spread. */
  async run(method: 'GET' | 'POST', perSecond: number, seconds: number): Promise<Outcome> {
    const before = this.#attempts();
    const requests = perSecond * seconds;
    let sent = 0;
    let errors = 0;
    const caller = async (client: RawClient): Promise<void> => {
      while (sent < requests) {
        sent += 1;
        this.clock.advance(1_000 / perSecond);
        const { status } = await client.ask(method === 'GET' ? get(SERVICE) : post(SERVICE, 'x'));
        if (status !== 200) errors += 1;
      }
    };
    await Promise.all(this.#clients.map(caller));
    return { requests, errorPercent: (errors * 100) / requests, attempts: this.#attempts() - before };
  }

  async close(): Promise<void> {
    await this.#mesh.close();
    for (const { backend } of this.#pods) await backend.close();
  }

  #attempts(): number {
    return this.#pods.reduce((sum, { backend }) => sum + backend.requests.length, 0);
  }

  async #addPod(trouble: Trouble): Promise<void> {
    const play: Script = (_request, connection) => {
      const answer = pod.trouble();
      if (answer === 'reset') connection.reset();
      else connection.answer(answer);
    };
    const pod = { backend: await ScriptedBackend.start(play), trouble };
    this.#pods.push(pod);
  }

  async #open(annotations: string): Promise<void> {
    this.#mesh.write(service(annotations), ...this.#pods.map(({ backend }, index) => slice(index, backend.port)));
    const { port } = await this.#mesh.controlPlane();
    const pump = setInterval(() => this.clock.advance(10), 10);
    const times = { clock: this.clock, random: seededRandom(5) };
    const { app, client } = await this.#mesh.sidecar(port, {}, undefined, times);
    for (let index = 0; index < CALLERS; index += 1) this.#clients.push(await client());
    // Routes come with the first request.
    const troubles = this.#pods.map(({ trouble }) => trouble);
    this.trouble = fine;
    const status = (await this.#clients[0]?.ask(get(SERVICE)))?.status;
    if (status !== 200) throw new Error(`the Service answers ${status}`);
    for (const [index, pod] of this.#pods.entries()) pod.trouble = troubles[index] ?? fine;
    clearInterval(pump);
    this.#stat = (name) => listStats([app.dataPlane]).get(name) ?? Number.NaN;
  }
}

function service(annotations: string): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${SERVICE}, namespace: default, annotations: {${annotations}}}
spec: {ports: [{name: http, port: 80}]}
`;
}

function slice(index: number, port: number): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${SERVICE}-${index}, namespace: default, labels: {kubernetes.io/service-name: ${SERVICE}}}
addressType: IPv4
endpoints: [{addresses: [127.0.0.1]}]
ports: [{name: http, port: ${port}}]
`;
}
