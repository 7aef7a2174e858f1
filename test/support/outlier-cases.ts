// Outlier detection as questions: what a cluster says, how its hosts answer, and who is out then. For Envoy and the sidecar alike.

/** Of the n-th request that a host gets, from 0. `reset`: of the connection; `silence`: until the route's timeout. */
export type HostAnswer = number | 'reset' | 'silence';
export type HostScript = (n: number) => HostAnswer;

export interface OutlierCase {
  readonly title: string;
  /** envoy.config.cluster.v3.OutlierDetection, as a file writes it. */
  readonly detection: Readonly<Record<string, unknown>>;
  /** One a host; null = nobody listens there. */
  readonly hosts: readonly (HostScript | null)[];
  /** Sent one after the other; where the end of an interval tells, again and again. */
  readonly requests: number;
  /** Hosts that are out then, by index, in both. */
  readonly out: readonly number[] | 'one of them' | 'two of them';
  /** What differs on purpose: who is out at the sidecar instead, and why. */
  readonly sidecar?: { readonly out: OutlierCase['out']; readonly because: string };
  /** Somebody is out at the end of an interval only. */
  readonly swept?: true;
  /** Somebody does not answer: the route waits for 100 ms only. */
  readonly silent?: true;
}

export const well: HostScript = () => 200;
export const always =
  (answer: HostAnswer): HostScript =>
  () =>
    answer;
const inTurn =
  (...answers: readonly HostAnswer[]): HostScript =>
  (n) =>
    answers[n % answers.length] ?? 200;
/** Of each hundred, spread evenly. */
const failing =
  (percent: number): HostScript =>
  (n) =>
    Math.floor(((n + 1) * percent) / 100) > Math.floor((n * percent) / 100) ? 500 : 200;

const LONG = { base_ejection_time: '60s', max_ejection_time: '300s' };
const ANY = { ...LONG, max_ejection_percent: 100 };
/** Nothing but what the case is about. */
const QUIET = { ...ANY, enforcing_consecutive_5xx: 0, enforcing_success_rate: 0 };
const SWEPT = { ...QUIET, interval: '1s' };

export const OUTLIER_CASES: readonly OutlierCase[] = [
  { title: 'five 5xx in a row', detection: ANY, hosts: [always(500), well, well], requests: 30, out: [0] },
  {
    title: 'four 5xx in a row, again and again',
    detection: ANY,
    hosts: [inTurn(500, 503, 502, 500, 200), well, well],
    requests: 60,
    out: [],
  },
  {
    title: 'consecutive_5xx: 2',
    detection: { ...ANY, consecutive_5xx: 2 },
    hosts: [inTurn(200, 500, 500), well],
    requests: 12,
    out: [0],
  },
  {
    title: '4xx and 3xx, whatever their number',
    detection: { ...ANY, consecutive_5xx: 1 },
    hosts: [always(404), always(429), always(302)],
    requests: 30,
    out: [],
  },
  {
    title: 'enforcing_consecutive_5xx: 0',
    detection: { ...ANY, enforcing_consecutive_5xx: 0 },
    hosts: [always(500), well],
    requests: 30,
    out: [],
  },
  {
    title: 'gateway failures, which do not eject by default where 5xx do not',
    detection: QUIET,
    hosts: [always(503), well],
    requests: 30,
    out: [],
  },
  {
    title: 'three gateway failures in a row: 502, 503, 504',
    detection: { ...QUIET, consecutive_gateway_failure: 3, enforcing_consecutive_gateway_failure: 100 },
    hosts: [inTurn(200, 502, 503, 504), well, well],
    requests: 30,
    out: [0],
  },
  {
    title: 'gateway failures that a 500 interrupts',
    detection: { ...QUIET, consecutive_gateway_failure: 3, enforcing_consecutive_gateway_failure: 100 },
    hosts: [inTurn(502, 503, 500), well, well],
    requests: 60,
    out: [],
  },
  { title: 'resets, which count as 5xx', detection: ANY, hosts: [always('reset'), well, well], requests: 30, out: [0] },
  {
    title: 'silence, which counts as 5xx',
    detection: ANY,
    hosts: [always('silence'), well],
    requests: 14,
    out: [0],
    silent: true,
  },
  { title: 'a host that refuses connections', detection: ANY, hosts: [null, well, well], requests: 30, out: [0] },
  {
    title: 'resets among 5xx, one row with them',
    detection: ANY,
    hosts: [inTurn(500, 'reset', 503, 'reset', 500, 200), well],
    requests: 24,
    out: [0],
  },
  {
    title: 'resets that are told apart from 5xx',
    detection: { ...ANY, split_external_local_origin_errors: true, consecutive_local_origin_failure: 3 },
    hosts: [always('reset'), inTurn(500, 'reset', 500, 'reset', 500, 200), well],
    requests: 45,
    out: [],
    sidecar: {
      out: [0],
      because:
        'a connection that is reset has failed; Envoy forgets earlier resets when the next connection comes to be',
    },
  },
  {
    title: 'refused connections that are told apart from 5xx',
    detection: { ...ANY, split_external_local_origin_errors: true, consecutive_local_origin_failure: 3 },
    hosts: [null, inTurn(500, 500, 500, 500, 200), well],
    requests: 45,
    out: [0],
  },
  {
    title: 'failures of its own that are told apart, and do not count',
    detection: {
      ...ANY,
      split_external_local_origin_errors: true,
      enforcing_consecutive_local_origin_failure: 0,
    },
    hosts: [null, well],
    requests: 40,
    out: [],
  },
  {
    title: '10 % of three hosts is none',
    detection: LONG,
    hosts: [always(500), well, well],
    requests: 30,
    out: [],
  },
  {
    title: '10 % of three hosts, and always_eject_one_host',
    detection: { ...LONG, always_eject_one_host: true },
    hosts: [always(500), always(500), well],
    requests: 40,
    out: 'one of them',
  },
  {
    title: '34 % of three hosts is one',
    detection: { ...LONG, max_ejection_percent: 34 },
    hosts: [always(500), always(500), well],
    requests: 40,
    out: 'one of them',
  },
  {
    title: '50 % of four hosts is two',
    detection: { ...LONG, max_ejection_percent: 50 },
    hosts: [always(500), always(500), always(500), well],
    requests: 80,
    out: 'two of them',
  },
  {
    title: 'all hosts, at 100 %',
    detection: ANY,
    hosts: [always(500), always(500)],
    requests: 40,
    out: [0, 1],
    sidecar: { out: 'one of them', because: 'the last that takes requests stays: nobody is served better by nobody' },
  },
  {
    title: 'a success rate far below that of the others',
    detection: { ...SWEPT, enforcing_success_rate: 100, success_rate_request_volume: 10 },
    hosts: [failing(40), failing(2), well, failing(2), well, well],
    requests: 180,
    out: [0],
    swept: true,
  },
  {
    title: 'a success rate that all of them have',
    detection: { ...SWEPT, enforcing_success_rate: 100, success_rate_request_volume: 10 },
    hosts: [always(500), always(500), always(500), always(500), always(500)],
    requests: 150,
    out: [],
    swept: true,
  },
  {
    title: 'a success rate below the others, of too few hosts',
    detection: { ...SWEPT, enforcing_success_rate: 100, success_rate_request_volume: 10 },
    hosts: [failing(40), well, well, well],
    requests: 120,
    out: [],
    swept: true,
  },
  {
    title: 'success_rate_stdev_factor that asks for more than six hosts can show',
    detection: {
      ...SWEPT,
      enforcing_success_rate: 100,
      success_rate_request_volume: 10,
      success_rate_stdev_factor: 2_300,
    },
    hosts: [failing(40), well, well, well, well, well],
    requests: 180,
    out: [],
    swept: true,
  },
  {
    title: 'a share of failures from failure_percentage_threshold on',
    detection: {
      ...SWEPT,
      enforcing_failure_percentage: 100,
      failure_percentage_threshold: 50,
      failure_percentage_minimum_hosts: 2,
      failure_percentage_request_volume: 5,
    },
    hosts: [failing(60), failing(40), well],
    requests: 90,
    out: [0],
    swept: true,
  },
  {
    title: 'a share of failures, of too few hosts',
    detection: {
      ...SWEPT,
      enforcing_failure_percentage: 100,
      failure_percentage_threshold: 50,
      failure_percentage_minimum_hosts: 3,
      failure_percentage_request_volume: 5,
    },
    hosts: [failing(60), well],
    requests: 60,
    out: [],
    swept: true,
  },
  {
    title: 'a share of failures, which ejects nobody by default',
    detection: { ...SWEPT, failure_percentage_minimum_hosts: 2, failure_percentage_request_volume: 5 },
    hosts: [failing(90), well],
    requests: 60,
    out: [],
    swept: true,
  },
  {
    title: 'a share of failures of its own, told apart',
    detection: {
      ...SWEPT,
      split_external_local_origin_errors: true,
      enforcing_consecutive_local_origin_failure: 0,
      enforcing_local_origin_success_rate: 0,
      enforcing_failure_percentage_local_origin: 100,
      failure_percentage_threshold: 50,
      failure_percentage_minimum_hosts: 2,
      failure_percentage_request_volume: 5,
    },
    hosts: [null, failing(90), well],
    requests: 90,
    out: [0],
    swept: true,
  },
];
