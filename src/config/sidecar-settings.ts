// Settings of the sidecar: who it is, where it listens, whom it asks.
import { DEFAULT_CLUSTER_DOMAIN } from '../model/names.ts';
import { ON_UNAVAILABLE } from '../model/on-demand.ts';
import { accessLogTargetType } from './access-log-target.ts';
import { concurrencyType } from './concurrency-type.ts';
import type { Setting } from './setting.ts';
import {
  addressListType,
  addressType,
  choiceType,
  durationType,
  ipType,
  nameType,
  optionalType,
} from './setting-types.ts';

export const SIDECAR_SETTINGS = [
  {
    name: 'xdsAddress',
    env: 'SWITCHBOARD_XDS_ADDRESS',
    type: addressType('dial'),
    default: '127.0.0.1:15010',
    doc: 'The control plane that configuration comes from (xDS over gRPC).',
  },
  {
    name: 'xdsProtocol',
    env: 'SWITCHBOARD_XDS_PROTOCOL',
    type: choiceType(['delta', 'sotw']),
    default: 'delta',
    doc: 'Incremental xDS, which sends what changed; or state of the world, for control planes that speak nothing else.',
  },
  {
    name: 'xdsScope',
    env: 'SWITCHBOARD_XDS_SCOPE',
    type: choiceType(['on-demand', 'all']),
    default: 'on-demand',
    doc: 'What the sidecar holds: the names of the mesh and the configuration of what is dialled, or all of it (`switchboard proxy --eager`). From a control plane that does not know of this it takes all.',
  },
  {
    name: 'interception',
    env: 'SWITCHBOARD_INTERCEPTION',
    type: choiceType(['none', 'redirect']),
    default: 'none',
    doc: 'Whether connections of the pod are redirected to the sidecar (REDIRECT of iptables or nft): then it asks the system where each was going. `none`: it is called as an HTTP proxy.',
  },
  {
    name: 'onDemandWaitMs',
    env: 'SWITCHBOARD_ON_DEMAND_WAIT',
    type: durationType,
    default: '5s',
    doc: 'How long the first request to a name waits for its configuration; then it is answered 503, `NC not_configured`.',
  },
  {
    name: 'onDemandIdleMs',
    env: 'SWITCHBOARD_ON_DEMAND_IDLE',
    type: durationType,
    default: '10m',
    doc: 'The configuration of a name that nobody dialled for this long is let go of, up to a tenth later; `0s` = it is kept.',
  },
  {
    name: 'prefetchWaitMs',
    env: 'SWITCHBOARD_PREFETCH_WAIT',
    type: durationType,
    default: '5s',
    doc: 'How long readiness waits, from when the names of the mesh are known, for the configuration of what sibling pods of the workload hold (at most 100 names); `0s` = it is not asked for.',
  },
  {
    name: 'onUnavailable',
    env: 'SWITCHBOARD_ON_UNAVAILABLE',
    type: choiceType(ON_UNAVAILABLE),
    default: 'wait',
    doc: "What happens to calls to a name that was never dialled while the control plane cannot be reached: they wait (`SWITCHBOARD_ON_DEMAND_WAIT`) and are refused, or go to the Service's own address without routes, balancing or policy of the mesh.",
  },
  {
    name: 'xdsFetchTimeoutMs',
    env: 'SWITCHBOARD_XDS_FETCH_TIMEOUT',
    type: durationType,
    default: '15s',
    doc: 'What was asked for and does not come within this time is treated as not existing, and new routes wait no longer for a cluster that does not serve. `0s` = the first is waited for without limit, the second for 15 s.',
  },
  {
    name: 'podName',
    env: 'SWITCHBOARD_POD_NAME',
    type: nameType,
    default: 'sidecar',
    doc: "The pod's name, as the control plane shows it. In Kubernetes: the downward API's `metadata.name`.",
  },
  {
    name: 'podNamespace',
    env: 'SWITCHBOARD_POD_NAMESPACE',
    type: nameType,
    default: 'default',
    doc: "The pod's namespace: a Service name without one means a Service there.",
  },
  {
    name: 'podIp',
    env: 'SWITCHBOARD_POD_IP',
    type: ipType,
    default: '127.0.0.1',
    doc: "The pod's address, part of the name that the control plane knows the sidecar by.",
  },
  {
    name: 'clusterDomain',
    env: 'SWITCHBOARD_CLUSTER_DOMAIN',
    type: nameType,
    default: DEFAULT_CLUSTER_DOMAIN,
    doc: 'The last part of Service names, as in `my-api-service.default.svc.cluster.local`.',
  },
  {
    name: 'outboundAddresses',
    env: 'SWITCHBOARD_OUTBOUND_ADDRESSES',
    type: addressListType,
    default: '127.0.0.1:15001',
    doc: "Where the pod's own calls come in. Loopback in a real pod, so that no other pod can call in this one's name.",
  },
  {
    name: 'adminAddress',
    env: 'SWITCHBOARD_ADMIN_ADDRESS',
    type: addressType('listen'),
    default: '127.0.0.1:15000',
    doc: 'Where the admin pages are served. They are not protected: keep them on loopback.',
  },
  {
    name: 'upstreamSourceAddress',
    env: 'SWITCHBOARD_UPSTREAM_SOURCE_ADDRESS',
    type: optionalType(ipType),
    default: '',
    doc: "The local address to dial pods from; nothing = the system chooses. The local mesh sets the pod's own.",
  },
  {
    name: 'accessLog',
    env: 'SWITCHBOARD_ACCESS_LOG',
    type: accessLogTargetType,
    default: 'stdout',
    doc: 'Where one JSON line per finished request goes.',
  },
  {
    name: 'concurrency',
    env: 'SWITCHBOARD_CONCURRENCY',
    type: concurrencyType,
    default: '1',
    doc: 'How many processes carry the traffic, as `switchboard proxy --concurrency` does. `1` = this one, without any worker; from 2 on workers share the ports, and this one holds what they have in common. `auto` = as many as there are CPUs to use, or as the container may have.',
  },
  {
    name: 'workerHangMs',
    env: 'SWITCHBOARD_WORKER_HANG_TIMEOUT',
    type: durationType,
    default: '10s',
    doc: 'A worker that says nothing for so long is ended, and another takes its place; while it reads its first configuration, six times this. `0s` = it is waited for.',
  },
  {
    name: 'drainTimeoutMs',
    env: 'SWITCHBOARD_DRAIN_TIMEOUT',
    type: durationType,
    default: '25s',
    doc: 'How long a sidecar that was told to stop waits for running requests. Less than the 30 s after which Kubernetes kills.',
  },
] as const satisfies readonly Setting[];
