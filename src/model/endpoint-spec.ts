// Endpoints as configuration: the addresses behind a cluster, by locality and priority.

import type { EndpointCheckSpec } from './health-check-spec.ts';
import type { SubsetLabels } from './subset-spec.ts';

/** Source: envoy.config.endpoint.v3.ClusterLoadAssignment. */
export interface LoadAssignmentSpec {
  /** The cluster's name, or its EDS service name. */
  readonly name: string;
  readonly localities: readonly LocalityEndpointsSpec[];
  /** Percent (> 0) of its load that a priority or locality could take; absent = 140. */
  readonly overprovisioningFactor?: number;
}

export const DEFAULT_OVERPROVISIONING_FACTOR = 140;

/** Source: envoy.config.endpoint.v3.LocalityLbEndpoints. */
export interface LocalityEndpointsSpec {
  readonly locality: LocalitySpec;
  /** 0 is used first; priorities have no gaps. */
  readonly priority: number;
  /** Share among the localities of one priority, where the cluster weighs them; 0 = none. */
  readonly weight: number;
  readonly endpoints: readonly EndpointSpec[];
}

/** Source: envoy.config.core.v3.Locality; each part may be empty. */
export interface LocalitySpec {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

/** Source: envoy.config.endpoint.v3.LbEndpoint. */
export interface EndpointSpec {
  /** IPv4 or IPv6 literal; in the targets of DNS discovery a name too. */
  readonly host: string;
  /** 1–65535. */
  readonly port: number;
  readonly health: EndpointHealth;
  /** ≥ 1. */
  readonly weight: number;
  /** The pod behind the address, where it is known (LbEndpoint.metadata["switchboard.dev"]). */
  readonly pod?: PodIdentity;
  /** The name that stands behind the address (Endpoint.hostname). */
  readonly hostname?: string;
  /** How it is asked, where that differs; absent = as its cluster says. */
  readonly check?: EndpointCheckSpec;
  /** Places it for consistent hashing, before `hostname` and address (LbEndpoint.metadata["envoy.lb"].hash_key). */
  readonly hashKey?: string;
  /** What subsets of its cluster are made by (LbEndpoint.metadata["envoy.lb"]). */
  readonly labels?: SubsetLabels;
  /** The node that it is on, where its cluster asks for that (LbEndpoint.metadata["switchboard.dev"].node). */
  readonly node?: string;
  /** Zones whose callers it is meant for, instead of its own (LbEndpoint.metadata["switchboard.dev"].for_zones; topology hints of Kubernetes). */
  readonly forZones?: readonly string[];
  /** A rollout is about to replace its pod: sessions that lose theirs go to others, where there are any (LbEndpoint.metadata["switchboard.dev"].leaving). */
  readonly leaving?: true;
  /** What the endpoint is known by where its address may change under it (`logical-dns`). */
  readonly logicalName?: string;
}

/**
 * `healthy` gets new requests; `degraded` where the healthy ones cannot take them all; `draining` (terminating but still serving) keeps what it has and gets new requests only where no healthy
 * endpoint is left; `unhealthy` gets none. Source: envoy.config.core.v3.HealthStatus.
 */
export const ENDPOINT_HEALTHS = ['healthy', 'degraded', 'draining', 'unhealthy'] as const;
export type EndpointHealth = (typeof ENDPOINT_HEALTHS)[number];

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  /** metadata.uid: a replaced pod with the same name has another. */
  readonly uid: string;
}
