// What parsing a response head costs.
import { ResponseHead } from '../../../../../src/proxy/codec/head.ts';
import { parseResponseHead } from '../../../../../src/proxy/codec/http1/parse-response-head.ts';
import type { MicroBench } from '../../../micro-bench.ts';
import { expectOk, NGINX_RESPONSE } from './messages.ts';

const head = new ResponseHead(100);

export const benches: MicroBench[] = [
  {
    name: 'parse response, nginx (9 fields)',
    run(iterations) {
      const length = NGINX_RESPONSE.length;
      for (let i = 0; i < iterations; i += 1) expectOk(parseResponseHead(NGINX_RESPONSE, 0, length, head, 'GET'));
    },
  },
];
