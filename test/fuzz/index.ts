// Every fuzzer; `npm run fuzz -- NAME` runs those whose names begin with NAME, and a short run of each is a test.
import type { Fuzzer } from './fuzzer.ts';
import { http1Requests } from './http1/requests.ts';
import { http1Responses } from './http1/responses.ts';
import { hpack } from './http2/hpack.ts';
import { http2Sessions } from './http2/sessions.ts';
import { clientHellos } from './tls/client-hellos.ts';

export const FUZZERS: readonly Fuzzer[] = [
  http1Requests,
  http1Responses('GET'),
  http1Responses('HEAD'),
  hpack,
  http2Sessions('http1'),
  http2Sessions('http2'),
  clientHellos,
];
