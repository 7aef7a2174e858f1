// A Deployment that is rolled out pod by pod, as Kubernetes does it: a new pod first, then an old one terminates, serves for a while and is gone.
import { keyOf } from '../../src/kube/objects.ts';
import { parseManifest } from '../../src/kube/parse-manifest.ts';
import type { AppMesh } from './app-mesh.ts';
import { ScriptedBackend } from './scripted-backend.ts';

/** What serves as a pod. */
export interface RolloutBackend {
  readonly port: number;
  close(): unknown;
}

export interface RolloutPod<Backend extends RolloutBackend = ScriptedBackend> {
  readonly name: string;
  readonly revision: string;
  readonly backend: Backend;
}

/** Its answers are its name. */
export const scriptedPod = (name: string): Promise<ScriptedBackend> =>
  ScriptedBackend.start((_request, connection) => connection.answer(200, name));

export interface RolloutService {
  /** Of the Service. */
  readonly annotations?: string;
  /** The rest of its spec. */
  readonly spec?: string;
  /** The rest of its port. */
  readonly port?: string;
}

/** Of one Service, `shop`, in namespace `default`. */
export class Rollout<Backend extends RolloutBackend = ScriptedBackend> {
  readonly #mesh: AppMesh;
  readonly #startPod: (name: string) => Promise<Backend>;
  readonly #service: RolloutService;
  readonly pods: RolloutPod<Backend>[] = [];
  #created = 0;

  /** `startPod`: its answers are its name. */
  constructor(mesh: AppMesh, startPod: (name: string) => Promise<Backend>, service: RolloutService = {}) {
    this.#mesh = mesh;
    this.#startPod = startPod;
    this.#service = service;
  }

  /** The Service says that from now on. */
  annotate(annotations: string): void {
    const { spec = '', port = '' } = this.#service;
    this.#mesh.write(`apiVersion: v1
kind: Service
metadata: {name: shop, annotations: {${annotations}}}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: http${port}}]${spec}}
`);
  }

  async start(count: number, revision: string): Promise<void> {
    this.annotate(this.#service.annotations ?? '');
    for (let index = 0; index < count; index += 1) await this.add(revision);
  }

  /** A new pod, which is ready. */
  async add(revision: string): Promise<RolloutPod<Backend>> {
    this.#created += 1;
    const name = `shop-${revision}-${this.#created}`;
    const backend = await this.#startPod(name);
    const pod = { name, revision, backend };
    this.pods.push(pod);
    this.#mesh.write(this.#text(pod, this.#created, false));
    return pod;
  }

  /** It goes on serving, and Kubernetes has begun to end it. */
  terminate(pod: RolloutPod<Backend>): void {
    this.#mesh.write(this.#text(pod, Number(pod.name.split('-').at(-1)), true));
  }

  /** It serves no more, and is taken out of the API server in the same moment. */
  async remove(pod: RolloutPod<Backend>): Promise<void> {
    this.pods.splice(this.pods.indexOf(pod), 1);
    const [located] = parseManifest(this.#text(pod, 1, true), 'test.yaml').objects;
    if (located !== undefined) this.#mesh.registry.delete(keyOf(located.object));
    await pod.backend.close();
  }

  async close(): Promise<void> {
    for (const { backend } of this.pods.splice(0)) await backend.close();
  }

  #text({ name, revision, backend }: RolloutPod<Backend>, created: number, terminating: boolean): string {
    const at = (minute: number) => `"2026-01-01T00:${String(minute).padStart(2, '0')}:00Z"`;
    const deleted = terminating ? `, deletionTimestamp: ${at(59)}` : '';
    return `apiVersion: v1
kind: Pod
metadata:
  {name: ${name}, uid: uid-of-${name}, creationTimestamp: ${at(created)}${deleted},
   labels: {app: shop, pod-template-hash: ${revision}}, ownerReferences: [{kind: ReplicaSet, name: shop-${revision}, controller: true}]}
spec: {containers: [{name: app, ports: [{name: http, containerPort: ${backend.port}}]}]}
status: {podIP: 127.0.0.1, podIPs: [{ip: 127.0.0.1}], phase: Running, conditions: [{type: Ready, status: "True"}]}
`;
  }
}
