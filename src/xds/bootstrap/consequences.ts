// What follows from leaving a field out, for the one line that says so when a sidecar starts.

/** By the end of the field's path, most telling first. A field that has no row here has no effect, which is what its line says. */
const CONSEQUENCES: readonly (readonly [ending: string, consequence: string])[] = [
  ['retry_budget', 'the retry budget of the sidecar is the limit'],
  ['lb_policy', 'endpoints are taken in turn (round robin)'],
  ['load_balancing_policy', 'endpoints are taken in turn (round robin)'],
  ['dns_resolvers', "names are looked up by this machine's resolver"],
  ['dns_resolution_config', "names are looked up by this machine's resolver"],
  ['typed_dns_resolver_config', "names are looked up by this machine's resolver"],
  ['use_tcp_for_dns_lookups', "names are looked up by this machine's resolver"],
  ['upstream_bind_config', 'the system chooses the local address; SWITCHBOARD_UPSTREAM_SOURCE_ADDRESS sets it'],
  ['typed_config.format', 'the lines of this log are JSON with the keys of Switchboard'],
  ['typed_config.log_format', 'the lines of this log are JSON with the keys of Switchboard'],
  ['typed_config.json_format', 'the lines of this log are JSON with the keys of Switchboard'],
  ['typed_config.typed_json_format', 'the lines of this log are JSON with the keys of Switchboard'],
  ['.filter', 'every request is logged'],
  ['drain_timeout', 'SWITCHBOARD_DRAIN_TIMEOUT is the limit'],
  ['xff_num_trusted_hops', 'pods are told who has made the connection'],
  ['internal_address_config.unix_sockets', 'nobody calls through one'],
  ['generate_request_id', 'a request without x-request-id gets one'],
  ['tracing', 'nothing is traced'],
  ['layered_runtime', 'runtime keys have no effect'],
  ['stats_sinks', 'statistics are only on the admin pages'],
  ['stats_config', 'every statistic is kept'],
  ['overload_manager', 'SWITCHBOARD_OVERLOAD_LAG and SWITCHBOARD_OVERLOAD_MEMORY are the marks'],
  ['access_log_path', 'calls of the admin pages are not logged'],
  ['admin.access_log', 'calls of the admin pages are not logged'],
];

/** `path` as decoders tell it. */
export function consequenceOf(path: string): string {
  const plain = path.replaceAll(/\[[^\]]*\]/g, '');
  const row = CONSEQUENCES.find(
    ([ending]) => plain === ending || plain.endsWith(ending.startsWith('.') ? ending : `.${ending}`),
  );
  if (row !== undefined) return row[1];
  if (path.includes('.retry_on.')) return 'HTTP/3 is spoken with nobody';
  if (/http_filters\[\d+\]$/.test(path)) return 'this filter does not run, as it is optional or disabled';
  if (/access_log\[\d+\]$/.test(path)) return 'this log is not written; only file, stdout and stderr loggers are';
  return 'it has no effect';
}
