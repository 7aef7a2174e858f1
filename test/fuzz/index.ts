// Every fuzzer; `npm run fuzz -- NAME` runs those whose names begin with NAME, and a short run of each is a test.
import type { Fuzzer } from './fuzzer.ts';
import { http1Requests } from './http1/requests.ts';
import { http1Responses } from './http1/responses.ts';

export const FUZZERS: readonly Fuzzer[] = [http1Requests, http1Responses('GET'), http1Responses('HEAD')];
