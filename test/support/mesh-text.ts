// A mesh made from manifests as text, as a control plane would see them in one folder.
import { renderIssue } from '../../src/base/result.ts';
import { MemoryRegistry } from '../../src/control/registry/memory.ts';
import type { Mesh } from '../../src/control/translate/mesh.ts';
import { Translator } from '../../src/control/translate/translator.ts';
import type { View } from '../../src/control/translate/view.ts';
import { ViewSnapshots } from '../../src/control/translate/view-snapshots.ts';
import { World } from '../../src/control/world.ts';
import { WorldIndex } from '../../src/control/world-index.ts';
import type { Located } from '../../src/kube/meta.ts';
import { type KubeObject, keyOf, type ObjectKey } from '../../src/kube/objects.ts';
import type { EndpointSpec } from '../../src/model/endpoint-spec.ts';
import { clustersOf } from '../../src/model/route-spec.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { manifests } from './manifests.ts';

/** One world that can be changed, with the translator that follows it. */
export class TextMesh {
  readonly world = new World([new MemoryRegistry()]);
  readonly index = new WorldIndex(this.world);
  readonly #translator = new Translator('cluster.local');
  readonly #snapshots = new ViewSnapshots();

  constructor(text = '') {
    this.add(text);
  }

  add(text: string): this {
    return this.change(manifests(text, 'mesh.yaml'));
  }

  change(upserted: readonly Located<KubeObject>[], deleted: readonly ObjectKey[] = []): this {
    this.index.apply(this.world.apply(0, { kind: 'changed', upserted, deleted }));
    return this;
  }

  remove(text: string): this {
    return this.change(
      [],
      manifests(text, 'mesh.yaml').map(({ object }) => keyOf(object)),
    );
  }

  translate(): Mesh {
    return this.#translator.translate(this.index);
  }

  snapshot(namespace = 'default'): Snapshot {
    return this.#snapshots.snapshotOf(this.translate(), { namespace, outboundAddresses: [] });
  }

  /** What sidecars are told that hold what they dial. */
  onDemand(own: Partial<View> = {}): Snapshot {
    return this.#snapshots.snapshotOf(this.translate(), {
      namespace: 'default',
      outboundAddresses: [],
      onDemand: true,
      ...own,
    });
  }

  /** What clients are told whose connections are redirected to them. */
  intercepted(): Snapshot {
    const view: View = { namespace: 'default', outboundAddresses: [], interception: 'redirect' };
    return this.#snapshots.snapshotOf(this.translate(), view);
  }

  issues(): string[] {
    return this.translate().issues.map(renderIssue);
  }

  /** `10.0.0.1:80`, with `!` behind what drains, sorted; undefined where there is no such cluster. */
  endpoints(cluster: string): string[] | undefined {
    const assignment = this.translate().endpoints.get(cluster);
    return assignment?.localities.flatMap((locality) => locality.endpoints.map(renderEndpoint)).sort();
  }

  /** The cluster that a call from `namespace` to `authority` goes to; undefined = no route. */
  clusterFor(authority: string, namespace = 'default'): string | undefined {
    for (const config of this.snapshot(namespace).routes.values()) {
      const host = config.virtualHosts.find(({ domains }) => domains.includes(authority));
      if (host !== undefined) return host.routes[0] === undefined ? undefined : clustersOf(host.routes[0])[0];
    }
    return undefined;
  }
}

function renderEndpoint({ host, port, health }: EndpointSpec): string {
  return `${host}:${port}${health === 'draining' ? '!' : ''}`;
}

export interface PodText {
  readonly name: string;
  readonly ip?: string;
  readonly labels?: string;
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly phase?: string;
  readonly ports?: string;
  readonly spec?: string;
}

/** A Pod document; by default ready, with `app: a` and the ports http 8080 and admin 9090. */
export function podText(pod: PodText): string {
  const { name, ip, labels = 'app: a', ready = true, terminating = false, phase = 'Running', spec = '' } = pod;
  const ports = pod.ports ?? '{name: http, containerPort: 8080}, {name: admin, containerPort: 9090}';
  const deleted = terminating ? ', deletionTimestamp: "2026-01-01T00:00:00Z"' : '';
  const status = ip === undefined ? '' : `podIP: ${ip}, podIPs: [{ip: ${ip}}], `;
  return `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, uid: uid-${name}, labels: {${labels}}${deleted}}
spec: {${spec}containers: [{name: app, ports: [${ports}]}]}
status: {${status}phase: ${phase}, conditions: [{type: Ready, status: "${ready ? 'True' : 'False'}"}]}
`;
}

/** A Service document; by default `a`, 80 → 8080 over `app: a`. */
export function serviceText(spec = '', name = 'a', namespace = 'default'): string {
  const rest = spec === '' ? 'selector: {app: a}, ports: [{port: 80, targetPort: 8080}]' : spec;
  return `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {${rest}}\n`;
}
