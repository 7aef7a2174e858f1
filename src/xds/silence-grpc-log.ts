// Keeps gRPC's own words off the console.
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';

/** grpc-js prints to the console by itself; all that it has to say reaches us as errors, which go to our own log. */
export function silenceGrpcLog(): void {
  setLogVerbosity(logVerbosity.NONE);
}
