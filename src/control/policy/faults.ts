// TrafficPolicy's faults as what a filter makes of requests.
import type { FaultsSection } from '../../kube/traffic-policy/faults-section.ts';
import type { FaultAbortSpec, FaultSpec } from '../../model/fault-spec.ts';
import { msOf } from './duration-ms.ts';
import { fractionOf } from './fraction.ts';

export function faultOf({ delay, abort, headers, maxActive }: FaultsSection): FaultSpec {
  return {
    ...(delay === undefined
      ? {}
      : { delay: { delay: { kind: 'fixed', ms: msOf(delay.duration) }, share: fractionOf(delay.percentage) } }),
    ...(abort === undefined ? {} : { abort: { abort: abortOf(abort), share: fractionOf(abort.percentage) } }),
    ...(headers === undefined
      ? {}
      : {
          headers: headers.map(({ name, value }) => ({
            name: name.toLowerCase(),
            match: { kind: 'exact' as const, value },
          })),
        }),
    ...(maxActive === undefined ? {} : { maxActive }),
  };
}

/** It has one of the two. */
function abortOf({ httpStatus, grpcStatus = 0 }: NonNullable<FaultsSection['abort']>): FaultAbortSpec['abort'] {
  return httpStatus === undefined ? { kind: 'grpc', status: grpcStatus } : { kind: 'http', status: httpStatus };
}
