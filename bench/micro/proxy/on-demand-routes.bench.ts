// What a name that is held costs a request of a sidecar that holds what it dials: the look-up, then the routes.

import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { RequestHead } from '../../../src/proxy/codec/head.ts';
import { parseRequestHead } from '../../../src/proxy/codec/http1/parse-request-head.ts';
import type { RouteSlot } from '../../../src/proxy/exchange/exchange-context.ts';
import { OnDemandRoutes } from '../../../src/proxy/on-demand-routes.ts';
import { RouteTable } from '../../../src/proxy/route/route-table.ts';
import type { MicroBench } from '../micro-bench.ts';
import { CURL_REQUEST, expectOk } from './codec/http1/messages.ts';

const HOST = 'my-api-service.default.svc.cluster.local';
const PATH = { kind: 'prefix', value: '/' } as const;
const ACTION = { cluster: 'c', timeoutMs: 0 };

const head = new RequestHead(100);
expectOk(parseRequestHead(CURL_REQUEST, 0, CURL_REQUEST.length, head));

/** The routes of a Service port, as the control plane makes them. */
function slotOf(name: string): RouteSlot {
  const routes = [
    { name: 'connect', match: { path: PATH, connect: true }, action: ACTION },
    { name: 'default', match: { path: PATH }, action: ACTION },
  ];
  const virtualHosts = [{ name, domains: ['*'], routes }];
  return {
    name,
    table: new RouteTable({ name, virtualHosts }, (cluster) => ({ name: cluster, cluster: null }), systemRandom),
    demand: null,
  };
}

function held(): OnDemandRoutes {
  const routes = new OnDemandRoutes(
    {
      ...{ namespace: 'default', clusterDomain: 'cluster.local', waitMs: 5_000, idleMs: 0, prefetchWaitMs: 5_000 },
      onUnavailable: 'wait' as const,
      demand: { subscribe: () => {}, unsubscribe: () => {}, problem: null, unreachable: false },
    },
    { clock: systemClock, slotOf, removeRoutes: () => {}, install: (_, { name }) => slotOf(name), uninstall: () => {} },
  );
  const names = Array.from({ length: 200 }, (_, i) => ({
    ...{ name: `service-${i}.default.svc.cluster.local`, addresses: [] },
    ports: [{ number: 80, servicePort: 80 }],
  }));
  routes.applyNames({
    upserted: [...names, { name: HOST, addresses: [], ports: [{ number: 80, servicePort: 80 }] }],
    removed: [],
  });
  const waiter = { onRoutes: () => {}, onNoRoutes: () => {} };
  routes.ask(head.authority, waiter);
  routes.settle();
  return routes;
}

export const benches: MicroBench[] = [
  {
    name: 'find and match, plain prefix',
    run(iterations) {
      const routes = held();
      let found = 0;
      for (let i = 0; i < iterations; i += 1) {
        if (routes.tableOf(head.authority, i)?.match(head) != null) found += 1;
      }
      if (found !== iterations) throw new Error('the bench finds no route');
    },
  },
  {
    name: 'find by a text that nobody has seen before',
    run(iterations) {
      const routes = held();
      const text = CURL_REQUEST.toString('latin1');
      const start = text.indexOf(head.authority);
      let found = 0;
      for (let i = 0; i < iterations; i += 1) {
        // Each head brings a text of its own, without the hash that a map wants.
        if (routes.tableOf(text.slice(start, start + head.authority.length), i) !== null) found += 1;
      }
      if (found !== iterations) throw new Error('the bench finds no routes');
    },
  },
];
