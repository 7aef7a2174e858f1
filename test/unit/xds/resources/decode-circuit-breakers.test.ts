// What circuit breakers of any control plane mean, and which are refused.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { CircuitBreakersSchema } from '../../../../src/xds/gen/envoy/config/cluster/v3/circuit_breaker_pb.ts';
import { decodeCircuitBreakers, encodeCircuitBreakers } from '../../../../src/xds/resources/circuit-breakers.ts';
import { DecodeContext } from '../../../../src/xds/resources/decode-context.ts';

const UNLIMITED = 4_294_967_295;
const FREE = { maxConnections: UNLIMITED, maxPendingRequests: UNLIMITED, maxRequests: UNLIMITED };

function decode(init: MessageInitShape<typeof CircuitBreakersSchema> | undefined) {
  const context = new DecodeContext('cluster "a"');
  const message = init === undefined ? undefined : create(CircuitBreakersSchema, init);
  const { circuitBreakers } = decodeCircuitBreakers(message, context);
  return { circuitBreakers, problems: context.issues.map(({ path, message: text }) => `${path} ${text}`) };
}

describe('circuit breakers', () => {
  it('that are not there limit nothing, whatever Envoy does', () => {
    expect(decode(undefined).circuitBreakers).toBeUndefined();
    expect(decode({}).circuitBreakers).toBeUndefined();
  });

  it('with thresholds mean 1,024 of what is left out', () => {
    expect(decode({ thresholds: [{ maxRequests: 5 }] }).circuitBreakers).toEqual({
      default: { maxConnections: 1_024, maxPendingRequests: 1_024, maxRequests: 5 },
    });
  });

  it('of the largest number limit nothing', () => {
    expect(decode({ thresholds: [FREE, { priority: 1, ...FREE }] }).circuitBreakers).toBeUndefined();
    expect(decode({ thresholds: [{ ...FREE, maxRequests: 0 }] }).circuitBreakers).toEqual({
      default: { maxRequests: 0 },
    });
  });

  it('of one priority twice mean the first', () => {
    const thresholds = [
      { ...FREE, maxRequests: 1 },
      { ...FREE, maxRequests: 2 },
    ];
    expect(decode({ thresholds }).circuitBreakers).toEqual({ default: { maxRequests: 1 } });
  });

  it('of each endpoint may say max_connections alone', () => {
    expect(decode({ perHostThresholds: [{ priority: 1, maxConnections: 3 }] })).toEqual({
      circuitBreakers: { high: { maxConnectionsPerEndpoint: 3 } },
      problems: [],
    });
    expect(decode({ perHostThresholds: [{ maxRequests: 3 }] }).problems).toEqual([
      'circuit_breakers.per_host_thresholds[0].max_requests is no limit of an endpoint',
    ]);
  });

  it('limit endpoints that have connections where they say so alone: without a word there is no limit', () => {
    expect(decode({ thresholds: [{ ...FREE, maxConnectionPools: UNLIMITED }] }).circuitBreakers).toBeUndefined();
    expect(decode({ thresholds: [FREE] }).circuitBreakers).toBeUndefined();
    expect(decode({ thresholds: [{ ...FREE, maxConnectionPools: 3 }] })).toEqual({
      circuitBreakers: { default: { maxConnectionPools: 3 } },
      problems: [],
    });
  });

  it('that nobody has asked for are sent as the largest number, so that Envoy and gRPC have no limit of 1,024', () => {
    expect(encodeCircuitBreakers(undefined)).toEqual({ thresholds: [{ priority: 0, ...FREE }], perHostThresholds: [] });
  });
});
