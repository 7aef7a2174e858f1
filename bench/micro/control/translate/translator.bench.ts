// What a change costs the control plane with 1,000 Services of 10 endpoints each in 20 namespaces. Aim: well under 50 ms, on the way to a view.
import { Translator } from '../../../../src/control/translate/translator.ts';
import { ViewSnapshots } from '../../../../src/control/translate/view-snapshots.ts';
import { World } from '../../../../src/control/world.ts';
import { WorldIndex } from '../../../../src/control/world-index.ts';
import { type Located, locate } from '../../../../src/kube/meta.ts';
import type { KubeObject } from '../../../../src/kube/objects.ts';
import type { Pod } from '../../../../src/kube/pod.ts';
import type { Service } from '../../../../src/kube/service.ts';
import type { MicroBench } from '../../micro-bench.ts';

const SERVICES = 1_000;
const PODS = 10;
const NAMESPACES = 20;

interface Bed {
  readonly index: WorldIndex;
  readonly world: World;
  readonly translator: Translator;
  readonly snapshots: ViewSnapshots;
}

function serviceOf(number: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `svc-${number}`, namespace: `ns-${number % NAMESPACES}`, labels: {}, annotations: {} },
    spec: {
      type: 'ClusterIP',
      clusterIP: `10.96.${number >> 8}.${number & 255}`,
      clusterIPs: [],
      ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }],
      selector: { app: `app-${number}` },
      publishNotReadyAddresses: false,
    },
  };
}

function podOf(service: number, number: number, ready: boolean): Pod {
  const ip = `10.${number}.${service >> 8}.${service & 255}`;
  const labels = { app: `app-${service}`, tier: 'web' };
  const port = { name: 'http', containerPort: 8080, protocol: 'TCP' } as const;
  const container = { name: 'app', ports: [port], env: [], envFrom: [], volumeMounts: [] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${service}-${number}`, namespace: `ns-${service % NAMESPACES}`, labels, annotations: {} },
    spec: {
      containers: [container],
      initContainers: [],
      volumes: [],
      serviceAccountName: 'default',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
    },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [],
    },
  };
}

function makeBed(): Bed {
  const world = new World([{ selectsPods: true }]);
  const bed = {
    world,
    index: new WorldIndex(world),
    translator: new Translator('cluster.local'),
    snapshots: new ViewSnapshots(),
  };
  const objects: KubeObject[] = [];
  for (let service = 0; service < SERVICES; service += 1) {
    objects.push(serviceOf(service));
    for (let pod = 0; pod < PODS; pod += 1) objects.push(podOf(service, pod, true));
  }
  change(bed, objects);
  return bed;
}

function change({ world, index }: Bed, objects: readonly KubeObject[]): void {
  const upserted: Located<KubeObject>[] = objects.map((object) => locate(object, 'bench'));
  index.apply(world.apply(0, { kind: 'changed', upserted, deleted: [] }));
}

function snapshot({ index, translator, snapshots }: Bed): void {
  snapshots.snapshotOf(translator.translate(index), { namespace: 'ns-0', outboundAddresses: [] });
}

/** Made at the first run: a bench that is not chosen costs nothing. */
let shared: Bed | null = null;

function sharedBed(): Bed {
  shared ??= makeBed();
  return shared;
}

export const benches: MicroBench[] = [
  {
    name: 'one endpoint of 10,000 changes readiness',
    run(iterations) {
      const bed = sharedBed();
      for (let i = 0; i < iterations; i += 1) {
        change(bed, [podOf(((i >> 1) * 37) % SERVICES, 3, i % 2 === 1)]);
        snapshot(bed);
      }
    },
  },
  {
    name: 'one Service of 1,000 changes its port',
    run(iterations) {
      const bed = sharedBed();
      for (let i = 0; i < iterations; i += 1) {
        const service = serviceOf(7);
        change(bed, [{ ...service, spec: { ...service.spec, ports: [{ port: 80 + (i % 2), protocol: 'TCP' }] } }]);
        snapshot(bed);
      }
    },
  },
  {
    name: 'everything from nothing',
    run(iterations) {
      for (let i = 0; i < iterations; i += 1) snapshot(makeBed());
    },
  },
];
