// Simulated pods as Kubernetes would tell of them.
import type { Container } from '../kube/container.ts';
import { type Pod, ZONE_LABEL } from '../kube/pod.ts';
import type { Service } from '../kube/service.ts';
import type { PodPlace } from './simulated-pod.ts';

/** What Kubernetes has been told of a pod that is there. */
export type PodKnowledge = 'ready' | 'not-ready' | 'terminating';

/** Chooses the pods of a Service that chooses none itself. */
const OWN_SELECTOR = 'app.kubernetes.io/name';
/** Where a pod listens if the Service calls the port by a name. */
const FIRST_NAMED_PORT = 8080;

/** The same Service, with a selector in any case. */
export function withSelector(service: Service): Service {
  const { selector = {} } = service.spec;
  if (Object.keys(selector).length > 0) return service;
  return { ...service, spec: { ...service.spec, selector: { [OWN_SELECTOR]: service.metadata.name } } };
}

/** `service` has a selector. */
export function podObject(place: PodPlace, known: PodKnowledge, service: Service): Pod {
  const { name, uid, host, zone, revision, createdAt } = place;
  const status = known === 'not-ready' ? 'False' : 'True';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, uid, namespace: service.metadata.namespace, creationTimestamp: createdAt, annotations: {} },
      labels: {
        ...service.spec.selector,
        'pod-template-hash': revision,
        ...(zone === '' ? {} : { [ZONE_LABEL]: zone }),
      },
      owner: { kind: 'ReplicaSet', name: `${service.metadata.name}-${revision}` },
      ...(known === 'terminating' ? { deletionTimestamp: createdAt } : {}),
    },
    spec: {
      ...{ containers: [containerOf(service)], initContainers: [], volumes: [], serviceAccountName: 'default' },
      ...{ restartPolicy: 'Always', terminationGracePeriodSeconds: 30 },
    },
    status: {
      ...{ phase: 'Running', podIP: host, podIPs: [{ ip: host }], containerStatuses: [] },
      conditions: [{ type: 'Ready', status }],
    },
  };
}

/** It has every port that the Service sends to. */
function containerOf({ spec }: Service): Container {
  const ports = spec.ports.map(({ targetPort, port, protocol }, index) => {
    const target = targetPort ?? port;
    if (typeof target === 'number') return { containerPort: target, protocol };
    return { name: target, containerPort: FIRST_NAMED_PORT + index, protocol };
  });
  return { name: 'app', ports, env: [], envFrom: [], volumeMounts: [] };
}
