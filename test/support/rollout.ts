// A Deployment that is rolled out pod by pod, as Kubernetes does it: a new pod first, then an old one terminates, serves for a while and is gone.
import { keyOf } from '../../src/kube/objects.ts';
import { parseManifest } from '../../src/kube/parse-manifest.ts';
import type { AppMesh } from './app-mesh.ts';
import { ScriptedBackend } from './scripted-backend.ts';

export interface RolloutPod {
  readonly name: string;
  readonly revision: string;
  readonly backend: ScriptedBackend;
}

/** Of one Service, `shop`, in namespace `default`. */
export class Rollout {
  readonly #mesh: AppMesh;
  readonly #spec: string;
  #annotations: string;
  readonly pods: RolloutPod[] = [];
  #created = 0;

  /** `annotations`: of the Service. `spec`: the rest of it. */
  constructor(mesh: AppMesh, annotations: string, spec = '') {
    this.#mesh = mesh;
    this.#spec = spec;
    this.#annotations = annotations;
  }

  /** Of the Service, from now on. */
  annotate(annotations: string): void {
    this.#annotations = annotations;
    this.#mesh.write(`apiVersion: v1
kind: Service
metadata: {name: shop, annotations: {${annotations}}}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: http}]${this.#spec}}
`);
  }

  async start(count: number, revision: string): Promise<void> {
    this.annotate(this.#annotations);
    for (let index = 0; index < count; index += 1) await this.add(revision);
  }

  /** A new pod, which is ready. Its answers are its name. */
  async add(revision: string): Promise<RolloutPod> {
    this.#created += 1;
    const name = `shop-${revision}-${this.#created}`;
    const backend = await ScriptedBackend.start((_request, connection) => connection.answer(200, name));
    const pod = { name, revision, backend };
    this.pods.push(pod);
    this.#mesh.write(this.#text(pod, this.#created, false));
    return pod;
  }

  /** It goes on serving, and Kubernetes has begun to end it. */
  terminate(pod: RolloutPod): void {
    this.#mesh.write(this.#text(pod, Number(pod.name.split('-').at(-1)), true));
  }

  /** It serves no more, and is taken out of the API server in the same moment. */
  async remove(pod: RolloutPod): Promise<void> {
    this.pods.splice(this.pods.indexOf(pod), 1);
    const [located] = parseManifest(this.#text(pod, 1, true), 'test.yaml').objects;
    if (located !== undefined) this.#mesh.registry.delete(keyOf(located.object));
    await pod.backend.close();
  }

  async close(): Promise<void> {
    for (const { backend } of this.pods.splice(0)) await backend.close();
  }

  #text({ name, revision, backend }: RolloutPod, created: number, terminating: boolean): string {
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
