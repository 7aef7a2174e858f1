// One bootstrap file in the real Envoy and in our sidecar: which pods the attempts of a request go to, by canary labels, metadata and priorities.
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, socketAddress } from '../support/bootstrap-files.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { playBoth } from '../support/play-both.ts';
import { TempFolder } from '../support/temp-folder.ts';

const RETRY = 'type.googleapis.com/envoy.extensions.retry';
const predicate = (type: string, config: object = {}) => ({
  name: type,
  typed_config: { '@type': `${RETRY}.host.${type}`, ...config },
});
const CANARIES = predicate('omit_canary_hosts.v3.OmitCanaryHostsPredicate');
const PREVIOUS = predicate('previous_hosts.v3.PreviousHostsPredicate');
const OF_STAGE = predicate('omit_host_metadata.v3.OmitHostMetadataConfig', {
  metadata_match: { filter_metadata: { 'envoy.lb': { stage: 'new' } } },
});
const after = (attempts: number) => ({
  name: 'previous',
  typed_config: {
    '@type': `${RETRY}.priority.previous_priorities.v3.PreviousPrioritiesConfig`,
    update_frequency: attempts,
  },
});

interface PodSpec {
  readonly name: string;
  readonly priority?: number;
  readonly labels?: object;
}
interface Case {
  readonly pods: readonly PodSpec[];
  readonly retry: object;
  /** What becomes of the attempts: pods in their order; where it is by chance who is first, of several requests, all that was seen. */
  readonly seen: readonly string[];
}

const STABLE = { name: 'a' };
const CANARY = { name: 'c', labels: { canary: true } };
const NEW = { name: 'n', labels: { stage: 'new', size: 1 } };
const SECOND = { name: 's', priority: 1 };
const THIRD = { name: 't', priority: 2 };

const CASES: Readonly<Record<string, Case>> = {
  'a canary is left out': {
    pods: [STABLE, CANARY],
    retry: { retry_host_predicate: [CANARIES] },
    seen: ['aaaa', 'caaa'],
  },
  'a canary is left out, and who was tried': {
    pods: [STABLE, { name: 'b' }, CANARY],
    retry: { num_retries: 1, retry_host_predicate: [PREVIOUS, CANARIES] },
    seen: ['ab', 'ba', 'ca', 'cb'],
  },
  'what is no canary is not': {
    pods: [STABLE, { name: 'c', labels: { canary: false } }],
    retry: { retry_host_predicate: [PREVIOUS, CANARIES], num_retries: 1 },
    seen: ['ac', 'ca'],
  },
  'canaries alone': { pods: [CANARY], retry: { retry_host_predicate: [CANARIES] }, seen: ['cccc'] },
  'those with a label are left out': {
    pods: [STABLE, NEW],
    retry: { retry_host_predicate: [OF_STAGE] },
    seen: ['aaaa', 'naaa'],
  },
  'each priority once': {
    pods: [STABLE, SECOND, THIRD],
    retry: { retry_priority: after(1), num_retries: 5 },
    seen: ['astast'],
  },
  'each priority twice': {
    pods: [STABLE, SECOND, THIRD],
    retry: { retry_priority: after(2), num_retries: 7 },
    seen: ['aassttaa'],
  },
  'a priority after three': {
    pods: [STABLE, SECOND],
    retry: { retry_priority: after(3), num_retries: 4 },
    seen: ['aaass'],
  },
  'without a word of priorities': { pods: [STABLE, SECOND], retry: {}, seen: ['aaaa'] },
};
/** Of each case: so many that it is seen who all may be first. */
const REQUESTS = 60;

const pathOf = (name: string): string => `/${name.replaceAll(/[ ,]/g, '-')}`;

function bootstrap(ports: ReadonlyMap<string, number>, port: number): object {
  const names = Object.keys(CASES);
  const routes = names.map((name) => ({
    match: { path: pathOf(name) },
    route: {
      cluster: name,
      retry_policy: {
        ...{ retry_on: '5xx', num_retries: 3, host_selection_retry_max_attempts: 100 },
        retry_back_off: { base_interval: '0.001s' },
        ...CASES[name]?.retry,
      },
    },
  }));
  const clusters = names.map((name) => ({
    name,
    type: 'STATIC',
    lb_policy: 'RANDOM',
    circuit_breakers: { thresholds: [{ max_retries: 1_000 }] },
    load_assignment: {
      cluster_name: name,
      endpoints: (CASES[name]?.pods ?? []).map((pod) => ({
        priority: pod.priority ?? 0,
        lb_endpoints: [
          {
            endpoint: { address: socketAddress('127.0.0.1', ports.get(pod.name) ?? 0) },
            metadata: { filter_metadata: { 'envoy.lb': pod.labels ?? {} } },
          },
        ],
      })),
    },
  }));
  const hosts = [{ name: 'all', domains: ['*'], routes }];
  return {
    static_resources: {
      listeners: [listenerOf('in', port, { route_config: { name: 'all', virtual_hosts: hosts } })],
      clusters,
    },
  };
}

describeWithPeers('Where retries go, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const pods: Server[] = [];
  /** Who was called, by request. */
  const calls = new Map<string, string>();
  const seen = new Map<string, Map<string, readonly string[]>>();

  async function startPods(): Promise<Map<string, number>> {
    const ports = new Map<string, number>();
    for (const name of ['a', 'b', 'c', 'n', 's', 't']) {
      const pod = createServer((call, answer) => {
        const id = String(call.headers['x-id']);
        calls.set(id, `${calls.get(id) ?? ''}${name}`);
        answer.writeHead(503).end();
      });
      await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
      pods.push(pod);
      ports.set(name, (pod.address() as AddressInfo).port);
    }
    return ports;
  }

  function ask(port: number, path: string, id: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path, headers: { 'x-id': id }, agent: false }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      call.on('error', reject);
      call.end();
    });
  }

  async function play(who: string, port: number): Promise<void> {
    const all = new Map<string, readonly string[]>();
    for (const name of Object.keys(CASES)) {
      const orders = new Set<string>();
      for (let i = 0; i < REQUESTS; i += 1) {
        const id = `${who} ${name} ${i}`;
        expect(await ask(port, pathOf(name), id)).toBe(503);
        orders.add(calls.get(id) ?? '');
      }
      all.set(name, [...orders].sort());
    }
    seen.set(who, all);
  }

  beforeAll(async () => {
    const ports = await startPods();
    const [port = 0] = await freePorts(1);
    folder.write('bootstrap.json', JSON.stringify(bootstrap(ports, port)));
    await playBoth(paths, folder.at('bootstrap.json'), port, (who) => play(who, port));
  }, 120_000);

  afterAll(() => {
    for (const pod of pods) {
      pod.close();
      pod.closeAllConnections();
    }
    folder.remove();
  });

  it.each(Object.keys(CASES))('%s: attempts go to the same pods in the same order', (name) => {
    const orders = ['envoy', 'sidecar'].map((who) => seen.get(who)?.get(name));
    const expected = CASES[name]?.seen;
    expect(orders).toEqual([expected, expected]);
  });
});
