// The table of scenarios that come along, as the files that a user would write: they teach the format, and are read by the same parser.

export interface ScenarioRow {
  readonly name: string;
  /** One line of `switchboard simulate --help`. */
  readonly about: string;
  readonly yaml: string;
}

export const SCENARIOS: readonly ScenarioRow[] = [
  {
    name: 'sick-pod',
    about: 'one of five pods answers half of its requests 503',
    yaml: `duration: 60s
load:
  rate: 1000                      # requests a second of all callers together
  methods: {GET: 80, POST: 20}    # weights; a POST is not sent again once a pod may have seen it
callers: {count: 10}              # pods that call, each with a sidecar of its own
pods:
  count: 5
  latency: {median: 5ms, p99: 50ms}
events:
  - {at: 0s, do: fail, pods: [0], percent: 50, with: 503}
`,
  },
  {
    name: 'rolling-restart',
    about: 'ten pods are replaced one after the other, under 1,000 users with cookies',
    yaml: `duration: 80s
load: {rate: 500}
sessions: 1000                    # users who keep their cookies
callers: {count: 10}
pods:
  count: 10
  latency: {median: 5ms, p99: 50ms}
annotations:                      # of the Service, where you give no manifest
  switchboard.dev/affinity: cookie
events:
  - {at: 10s, do: roll, every: 6s, grace: 5s}
`,
  },
  {
    name: 'retry-storm',
    about: 'every pod answers 503 for 20 s: do retries multiply the load, and is it over at once?',
    yaml: `duration: 40s
load: {rate: 1000}
callers: {count: 10}
pods:
  count: 5
  latency: {median: 5ms, p99: 50ms}
events:
  - {at: 10s, for: 20s, do: fail, percent: 100, with: 503}
`,
  },
  {
    name: 'slow-pod',
    about: 'one of five pods takes twenty times as long',
    yaml: `duration: 40s
load: {rate: 1000}
callers: {count: 10}
pods:
  count: 5
  latency: {median: 5ms, p99: 50ms}
  concurrency: 50                 # requests that a pod works on at a time; others wait
events:
  - {at: 10s, for: 20s, do: slow, pods: [0], factor: 20}
`,
  },
  {
    name: 'zone-outage',
    about: 'the nodes of one of three zones are gone without a word',
    yaml: `duration: 90s
load: {rate: 500}
callers: {count: 9, zones: [a, b, c]}
pods:
  count: 9
  zones: [a, b, c]
  latency: {median: 5ms, p99: 50ms}
events:
  - {at: 10s, do: cut-off, zone: b, noticed: 50s}
`,
  },
  {
    name: 'slow-zone',
    about: 'the pods of one of three zones take twenty times as long, and callers prefer their own zone',
    yaml: `duration: 60s
load: {rate: 900}
callers: {count: 3, zones: [a, b, c]}
pods:
  count: 9
  zones: [a, b, c]
  latency: {median: 5ms, p99: 50ms}
  concurrency: 20
policy:                           # what a TrafficPolicy says, where you give no manifest
  loadBalancer: {type: round-robin, locality: prefer-same-zone}
events:
  - {at: 10s, for: 30s, do: slow, zone: b, factor: 20}
`,
  },
  {
    name: 'deploy',
    about: 'five pods are replaced under load by others that are slow at first; these get their share bit by bit',
    yaml: `duration: 120s
load: {rate: 500}
callers: {count: 10}
pods:
  count: 5
  latency: {median: 5ms, p99: 50ms}
  concurrency: 8
  warmup: {for: 10s, factor: 20}  # new ones take so many times as long, less and less
policy:
  loadBalancer: {type: round-robin, slowStart: {window: 20s}}
events:
  - {at: 10s, do: roll, every: 20s, grace: 5s}
`,
  },
  {
    name: 'one-of-100-leaves',
    about: 'one of 100 pods ends: how many of 5,000 users go to another pod than before?',
    yaml: `duration: 40s
load: {rate: 1500}
sessions: 5000
callers: {count: 10}
pods:
  count: 100
  latency: {median: 5ms, p99: 50ms}
annotations:
  switchboard.dev/load-balancer: maglev
  switchboard.dev/affinity: header:x-user
events:
  - {at: 20s, do: drain, pods: [50], grace: 1s}
`,
  },
];
