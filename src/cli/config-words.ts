// Parts of Envoy's configuration as JSON, in the few words that fit a column.
import { fieldAt, fieldOf, listOf, numberOf, textOf } from './json-value.ts';
import { renderServicePort, serviceOf } from './service-name.ts';

/** What stands for "as many as there are". Source: the largest uint32. */
const UNLIMITED = 4_294_967_295;
const LIMITS = ['max_connections', 'max_pending_requests', 'max_requests', 'max_retries'];

/** `least-request, slow start 10s`. */
export function balancerWords(cluster: unknown): string {
  const [first] = listOf(fieldAt(cluster, 'load_balancing_policy', 'policies'));
  const named = textOf(fieldAt(first, 'typed_extension_config', 'name'));
  const [, word = ''] = /load_balancing_policies\.([a-z_]+)/.exec(named) ?? [];
  // Of our own: `switchboard.balancing.v1.PeakEwma`.
  const own = named.slice(named.lastIndexOf('.') + 1).replace(/(?<=[a-z])(?=[A-Z])/g, '-');
  const policy = word || own || textOf(fieldOf(cluster, 'lb_policy')) || 'round_robin';
  const places = [
    fieldAt(first, 'typed_extension_config', 'typed_config'),
    fieldOf(cluster, 'round_robin_lb_config'),
    fieldOf(cluster, 'least_request_lb_config'),
  ];
  const [window = ''] = places
    .map((place) => textOf(fieldAt(place, 'slow_start_config', 'slow_start_window')))
    .filter(Boolean);
  const name = policy.toLowerCase().replaceAll('_', '-');
  return window === '' ? name : `${name}, slow start ${window}`;
}

/** `on, at most 50 %`, `shadow` or `off`. */
export function ejectionWords(cluster: unknown): string {
  const said = fieldOf(cluster, 'outlier_detection');
  if (said === undefined) return 'off';
  const extras = fieldAt(cluster, 'metadata', 'filter_metadata', 'switchboard.dev', 'outlier_detection');
  if (fieldOf(extras, 'shadow') === true) return 'shadow';
  const most = fieldOf(said, 'max_ejection_percent');
  // Envoy's default.
  return `on, at most ${most === undefined ? 10 : numberOf(most)} %`;
}

/** `max_requests 50`, of the default priority, and those of single pods. */
export function limitWords(cluster: unknown): readonly string[] {
  const breakers = fieldOf(cluster, 'circuit_breakers');
  const [threshold] = listOf(fieldOf(breakers, 'thresholds')).filter((one) => {
    return (textOf(fieldOf(one, 'priority')) || 'DEFAULT') === 'DEFAULT';
  });
  const [ofPod] = listOf(fieldOf(breakers, 'per_host_thresholds'));
  const perPod = fieldOf(ofPod, 'max_connections');
  const limits = LIMITS.flatMap((name) => {
    const limit = fieldOf(threshold, name);
    return limit === undefined || numberOf(limit) === UNLIMITED ? [] : [`${name} ${numberOf(limit)}`];
  });
  return perPod === undefined ? limits : [...limits, `max_connections ${numberOf(perPod)} a pod`];
}

/** `http /healthz`, `grpc`, `tcp` or `none`. */
export function checkWords(cluster: unknown): string {
  const [check] = listOf(fieldOf(cluster, 'health_checks'));
  if (check === undefined) return 'none';
  const http = fieldOf(check, 'http_health_check');
  if (http !== undefined) return `http ${textOf(fieldOf(http, 'path'))}`;
  return fieldOf(check, 'grpc_health_check') === undefined ? 'tcp' : 'grpc';
}

/** `/cart*`, `/old and below`, `~ ^/v[0-9]+`, `CONNECT`, with what else has to hold: `x-canary=yes`. */
export function matchWords(match: unknown): string {
  const percent = fieldAt(match, 'runtime_fraction', 'default_value');
  return [
    pathWords(match),
    ...listOf(fieldOf(match, 'headers')).map((header) => valueWords(header, '')),
    ...listOf(fieldOf(match, 'query_parameters')).map((parameter) => valueWords(parameter, '?')),
    ...(percent === undefined ? [] : ['a share']),
  ].join(' ');
}

function pathWords(match: unknown): string {
  if (fieldOf(match, 'connect_matcher') !== undefined) return 'CONNECT';
  const exact = fieldOf(match, 'path');
  if (exact !== undefined) return textOf(exact);
  const below = fieldOf(match, 'path_separated_prefix');
  if (below !== undefined) return `${textOf(below)} and below`;
  const pattern = fieldAt(match, 'safe_regex', 'regex');
  return pattern === undefined ? `${textOf(fieldOf(match, 'prefix')) || '/'}*` : `~ ${textOf(pattern)}`;
}

/** Of a header or query parameter; what is not one text is `…`. */
function valueWords(matcher: unknown, mark: string): string {
  const not = fieldOf(matcher, 'invert_match') === true ? '!' : '';
  const exact = fieldAt(matcher, 'string_match', 'exact') ?? fieldOf(matcher, 'exact_match');
  const present = fieldOf(matcher, 'present_match');
  const value = exact !== undefined ? `=${textOf(exact)}` : present !== undefined ? '' : '=…';
  return `${not}${mark}${textOf(fieldOf(matcher, 'name'))}${value}`;
}

/** Where it goes: `shop-v1.default:80 90, shop-v2.default:80 10`, `redirect`, `answer 503`. */
export function targetWords(route: unknown): string {
  const status = fieldAt(route, 'direct_response', 'status');
  if (status !== undefined) return `answer ${numberOf(status)}`;
  if (fieldOf(route, 'redirect') !== undefined) return 'redirect';
  const action = fieldOf(route, 'route');
  const cluster = fieldOf(action, 'cluster');
  if (cluster !== undefined) return clusterWords(cluster);
  const shares = listOf(fieldAt(action, 'weighted_clusters', 'clusters'));
  if (shares.length === 0) return `the cluster that ${textOf(fieldOf(action, 'cluster_header'))} names`;
  return shares.map((one) => `${clusterWords(fieldOf(one, 'name'))} ${numberOf(fieldOf(one, 'weight'))}`).join(', ');
}

function clusterWords(name: unknown): string {
  return renderServicePort(serviceOf(textOf(name)));
}

/** `5s` or `none`; null where nothing is waited for. */
export function timeoutWords(route: unknown): string | null {
  const action = fieldOf(route, 'route');
  if (action === undefined) return null;
  const said = fieldOf(action, 'timeout');
  // Envoy's default.
  if (said === undefined) return '15s';
  return textOf(said) === '0s' ? 'none' : textOf(said);
}

/** `3 on connect-failure,…`, `none`, or `default`; null where nothing can be tried. The route's own policy goes before that of its host. */
export function retryWords(route: unknown, host: unknown): string | null {
  const action = fieldOf(route, 'route');
  if (action === undefined) return null;
  const policy = fieldOf(action, 'retry_policy') ?? fieldOf(host, 'retry_policy');
  if (policy === undefined) return 'default';
  const times = fieldOf(policy, 'num_retries');
  const count = times === undefined ? 1 : numberOf(times);
  const conditions = textOf(fieldOf(policy, 'retry_on'));
  return count === 0 || conditions === '' ? 'none' : `${count} on ${conditions}`;
}

/** What HTTP filters and the route do besides: `fault`, `local_ratelimit`, `stateful_session`, `mirror`, `hash`. */
export function besideWords(...levels: readonly unknown[]): readonly string[] {
  const filters = levels.flatMap((level) => namesOf(fieldOf(level, 'typed_per_filter_config')));
  const [route] = levels;
  const mirrors = levels.flatMap((level) => [
    ...listOf(fieldOf(level, 'request_mirror_policies')),
    ...listOf(fieldAt(level, 'route', 'request_mirror_policies')),
  ]);
  const hashed = listOf(fieldAt(route, 'route', 'hash_policy'));
  const words = filters.map((name) => name.replace(/^envoy\.filters\.http\./, ''));
  return [...new Set([...words, ...(mirrors.length > 0 ? ['mirror'] : []), ...(hashed.length > 0 ? ['hash'] : [])])];
}

function namesOf(map: unknown): readonly string[] {
  return typeof map === 'object' && map !== null ? Object.keys(map) : [];
}
