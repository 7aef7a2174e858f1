// What finding a route costs: a plain one as the mesh has them, and each thing that a route may ask beyond that.
import { systemRandom } from '../../../../src/base/random.ts';
import type { RouteMatchSpec } from '../../../../src/model/route-match-spec.ts';
import type { RouteSpec } from '../../../../src/model/route-spec.ts';
import { RequestHead } from '../../../../src/proxy/codec/head.ts';
import { parseRequestHead } from '../../../../src/proxy/codec/http1/parse-request-head.ts';
import { RouteTable } from '../../../../src/proxy/route/route-table.ts';
import type { MicroBench } from '../../micro-bench.ts';
import { CURL_REQUEST, expectOk } from '../codec/http1/messages.ts';

const SERVICES = 200;

const head = new RequestHead(100);
expectOk(parseRequestHead(CURL_REQUEST, 0, CURL_REQUEST.length, head));

function route(match: RouteMatchSpec, connect = false): RouteSpec {
  return { name: 'r', match: connect ? { ...match, connect } : match, action: { cluster: 'c', timeoutMs: 0 } };
}

/** As many virtual hosts as a namespace has Services, each with a route for CONNECT in front. */
function table(match: RouteMatchSpec): RouteTable {
  const names = [...Array.from({ length: SERVICES }, (_, i) => `service-${i}`), 'my-api-service'];
  const routes = [route({ path: { kind: 'prefix', value: '/' } }, true), route(match)];
  const virtualHosts = names.map((name) => ({ name, domains: [name, `${name}:80`], routes }));
  return new RouteTable({ name: 'bench', virtualHosts }, (name) => ({ name, cluster: null }), systemRandom);
}

function matching(match: RouteMatchSpec): MicroBench['run'] {
  const routes = table(match);
  return (iterations) => {
    let found = 0;
    for (let i = 0; i < iterations; i += 1) if (routes.match(head) !== null) found += 1;
    if (found !== iterations) throw new Error('the bench finds no route');
  };
}

const ANY: RouteMatchSpec = { path: { kind: 'prefix', value: '/' } };

export const benches: MicroBench[] = [
  { name: 'match, plain prefix', run: matching(ANY) },
  { name: 'match, exact path', run: matching({ path: { kind: 'exact', value: '/data' } }) },
  { name: 'match, prefix by segment', run: matching({ path: { kind: 'separated-prefix', value: '/data' } }) },
  { name: 'match, regex', run: matching({ path: { kind: 'regex', pattern: '/(data|list)(/[0-9]+)?' } }) },
  {
    name: 'match, one header',
    run: matching({ ...ANY, headers: [{ name: 'user-agent', match: { kind: 'prefix', value: 'curl/' } }] }),
  },
  {
    name: 'match, one query parameter',
    run: matching({ ...ANY, query: [{ name: 'page', match: { kind: 'exact', value: '1' } }] }),
  },
];
