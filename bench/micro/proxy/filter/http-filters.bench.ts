// What HTTP filters cost a request: those that no route uses, and each that one does.
import { systemClock } from '../../../../src/base/clock.ts';
import { systemRandom } from '../../../../src/base/random.ts';
import { DEFAULT_ADAPTIVE_CONCURRENCY } from '../../../../src/model/adaptive-concurrency-spec.ts';
import { ALWAYS, NEVER } from '../../../../src/model/fraction-spec.ts';
import type { HttpFilterSpec } from '../../../../src/model/http-filter-spec.ts';
import { RequestHead } from '../../../../src/proxy/codec/head.ts';
import { parseRequestHead } from '../../../../src/proxy/codec/http1/parse-request-head.ts';
import { FilterCommons } from '../../../../src/proxy/filter/filter-commons.ts';
import { FilterRun, type FilterRunOwner, PASSED } from '../../../../src/proxy/filter/filter-run.ts';
import { HttpFilters } from '../../../../src/proxy/filter/http-filters.ts';
import type { MicroBench } from '../../micro-bench.ts';
import { CURL_REQUEST, expectOk } from '../codec/http1/messages.ts';

const head = new RequestHead(100);
expectOk(parseRequestHead(CURL_REQUEST, 0, CURL_REQUEST.length, head));

const context = { clock: systemClock, random: systemRandom, share: 1, commons: new FilterCommons() };
const NO_LIMIT = { statPrefix: 'bench', enabled: ALWAYS, enforced: ALWAYS, status: 429 };
const WIDE = { maxTokens: 1e9, tokensPerFill: 1e9, fillIntervalMs: 1_000 };

const nothing = (): void => {};
const NOBODY: FilterRunOwner = {
  ...{ onDelayOver: nothing, onPacedData: nothing, onPaceRoom: nothing },
  ...{ onResponseBatchEnd: nothing, onResponseEnd: nothing },
};

/** As exchanges do it: the list, then the run, then the end. */
function passing(...specs: HttpFilterSpec[]): MicroBench['run'] {
  const filters = HttpFilters.compile(specs, context, null);
  const run = new FilterRun(NOBODY, { addFlag: () => {}, downstreamRemote: '' }, systemClock);
  return (iterations) => {
    let passed = 0;
    for (let i = 0; i < iterations; i += 1) {
      const list = filters === null ? null : filters.of(null);
      if (list === null || run.begin(list, head, 'web') === PASSED) passed += 1;
      if (list !== null) run.end(true);
    }
    if (passed !== iterations) throw new Error('the bench is refused');
  };
}

const fixed = { ...DEFAULT_ADAPTIVE_CONCURRENCY, minRtt: { kind: 'fixed', ms: 10 } } as const;

export const benches: MicroBench[] = [
  {
    name: 'filters that no route uses',
    run: passing(
      { name: 'cors', config: { kind: 'cors' } },
      { name: 'fault', config: { kind: 'fault', fault: {} } },
      { name: 'limit', config: { kind: 'local-rate-limit', limit: NO_LIMIT } },
    ),
  },
  {
    name: 'rate limit',
    run: passing({ name: 'limit', config: { kind: 'local-rate-limit', limit: { ...NO_LIMIT, bucket: WIDE } } }),
  },
  {
    name: 'fault, for nobody',
    run: passing({
      name: 'fault',
      config: { kind: 'fault', fault: { abort: { abort: { kind: 'http', status: 503 }, share: NEVER } } },
    }),
  },
  {
    name: 'adaptive concurrency',
    run: passing({ name: 'adaptive', config: { kind: 'adaptive-concurrency', concurrency: fixed } }),
  },
];
