// Loads one port with gRPC calls by ghz, which is Go's own client, and reads what it measured.
import { fileURLToPath } from 'node:url';
import { type LoadResult, type LoadSpec, runGenerator } from './load.ts';

const PROTO = fileURLToPath(new URL('../../test/fixtures/grpc/echo.proto', import.meta.url));
/** Of a message of test.Echo beside its text: the tag and the length of the one field. */
const FIELD_BYTES = 2;

export async function runGhz(spec: LoadSpec): Promise<LoadResult> {
  return parseGhz(await runGenerator(spec, ghzArguments(spec)), spec);
}

export function ghzArguments({ workload, authority, port, seconds }: LoadSpec): string[] {
  const { streams = 1, connections, bodyBytes, rpc } = workload;
  if (rpc === undefined) throw new Error(`${workload.name} does not say what ghz is to call`);
  const message = { text: 'x'.repeat(bodyBytes - FIELD_BYTES) };
  // A client that streams sends all of a list; Repeat takes one message, and the backends know how many to answer.
  const data = rpc.sends === 1 ? message : Array.from({ length: rpc.sends }, () => message);
  const pace = ['-c', String(connections * streams), '--connections', String(connections), '-z', `${seconds}s`];
  const called = ['--insecure', '--proto', PROTO, '--call', `test.Echo.${rpc.method}`, '-d', JSON.stringify(data)];
  const named = authority === undefined ? [] : ['--authority', authority];
  // Calls that are under way at the end would count as failed.
  return [...pace, '--duration-stop', 'ignore', ...called, ...named, '-O', 'json', `127.0.0.1:${port}`];
}

interface GhzReport {
  readonly count?: number;
  readonly statusCodeDistribution?: Readonly<Record<string, number>>;
}

/** A request is a message here, of whichever side sends more of them. It tells the time of calls, not of messages: no percentiles. */
export function parseGhz(output: string, { workload, seconds }: Pick<LoadSpec, 'workload' | 'seconds'>): LoadResult {
  const { count: calls, statusCodeDistribution: statuses = {} } = readReport(output);
  if (calls === undefined) throw new Error(`ghz printed no measurement: ${output.trim().slice(0, 200)}`);
  const { sends = 1, answers = 1 } = workload.rpc ?? {};
  const messages = calls * Math.max(sends, answers);
  return {
    requests: messages,
    requestsPerSecond: messages / seconds,
    bytesPerSecond: Number.NaN,
    p50Us: Number.NaN,
    p99Us: Number.NaN,
    p999Us: Number.NaN,
    errors: calls - (statuses['OK'] ?? 0),
  };
}

function readReport(output: string): GhzReport {
  try {
    return JSON.parse(output);
  } catch {
    return {};
  }
}
