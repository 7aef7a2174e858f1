// TrafficPolicy, section circuitBreakers: how much of a Service port one sidecar may have in use.
import { Type } from 'typebox';
import { integer, type Of } from '../schema/schema.ts';

const MAX = 1_000_000;

export const CIRCUIT_BREAKERS = Type.Object(
  {
    maxConnections: Type.Optional(
      integer('Connections to all pods together; each pod may have one whatever stands here.', 0, MAX),
    ),
    maxConnectionsPerEndpoint: Type.Optional(integer('Connections to any one pod.', 0, MAX)),
    maxPendingRequests: Type.Optional(integer('Requests that wait for a connection.', 0, MAX)),
    maxRequests: Type.Optional(
      integer('Requests that have a connection and are not answered yet; a connection of TCP counts as one.', 0, MAX),
    ),
  },
  {
    description:
      'How much of a Service port one sidecar may have in use; what is beyond it is answered 503 UO at once. What is absent has no limit.',
  },
);

export type CircuitBreakersSection = Of<typeof CIRCUIT_BREAKERS>;
