// What callers of a trace send, whichever program sends for them.
import { HTTP1 } from '../../../bench/http1.ts';
import { HTTP2 } from '../../../bench/http2.ts';
import { LATENCY } from '../../../bench/latency.ts';
import { fortioArguments } from '../../../bench/measure/fortio.ts';
import { h2loadArguments } from '../../../bench/measure/h2load.ts';
import { TRACE_FIELD } from '../../../bench/measure/load.ts';
import { wrkArguments } from '../../../bench/measure/wrk.ts';

it.each([
  ['wrk', wrkArguments, HTTP1],
  ['h2load', h2loadArguments, HTTP2],
  ['fortio', fortioArguments, LATENCY],
])('%s sends traceparent where the set is the equipped one, and nowhere else', (program, argumentsOf, scenario) => {
  const spec = { program, cpus: '0', port: 8080, workload: scenario.workloads[0], seconds: 1 };
  expect(argumentsOf({ ...spec, traced: true }).join(' ')).toContain(`-H ${TRACE_FIELD}`);
  expect(argumentsOf(spec).join(' ')).not.toContain('traceparent');
});
