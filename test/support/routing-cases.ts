// The routing table: requests that two proxies are asked side by side, each with what must come of it.
import type { RoutedAnswer, RoutedRequest } from './routed-request.ts';
import { CHANGES, SWITCHED, TABLE } from './routing-snapshot.ts';

export interface RoutingCase extends RoutedRequest {
  readonly title: string;
  readonly listener: string;
  /** As `summaryOf` says it. */
  readonly is: string;
}

/** `backend path` where a backend was asked, else `status`, with the Location of a redirect. */
export function summaryOf({ status, fields, seen }: RoutedAnswer): string {
  if (seen !== null) return `${status === 200 ? '' : `${status} `}${seen.backend} ${seen.path}`;
  return fields['location'] === undefined ? `${status}` : `${status} ${fields['location']}`;
}

type Headers = NonNullable<RoutedRequest['headers']>;
/** Title, path, what must come of it, header fields, method. */
type Row = readonly [title: string, path: string, is: string, headers?: Headers, method?: string];

function rows(listener: string, host: string, list: readonly Row[]): RoutingCase[] {
  return list.map(([title, path, is, headers, method]) => ({
    title: `${host} ${path}: ${title}`,
    listener,
    host,
    path,
    is,
    ...(headers === undefined ? {} : { headers }),
    ...(method === undefined ? {} : { method }),
  }));
}

/** Host and what must come of `/`. */
function hosts(list: readonly (readonly [host: string, is: string])[]): RoutingCase[] {
  return list.map(([host, is]) => ({ title: `host ${host}`, listener: TABLE, host, path: '/', is }));
}

const a = (...values: string[]): Headers => values.map((value) => ['x-a', value] as const);

export const ROUTING_CASES: readonly RoutingCase[] = [
  ...hosts([
    ['exact.test', 'a /'],
    ['EXACT.Test', 'a /'],
    ['exact.test:8080', 'a /'],
    ['exact.test:80', '404'],
    ['exact.test.', '404'],
    ['nobody.test', '404'],
    ['x.wild.test', 'a /'],
    ['X.Wild.TEST', 'a /'],
    ['x.y.wild.test', 'a /'],
    ['wild.test', '404'],
    ['.wild.test', '404'],
    ['x.wild.test:80', '404'],
    ['x.deep.wild.test', 'b /'],
    ['y-x.wild.test', 'b /'],
    ['-x.wild.test', 'a /'],
    ['named.wild.test', 'c /'],
    ['begin.example', 'a /'],
    ['begin.', '404'],
    ['begin.example:81', 'a /'],
    ['begin.more.example', 'b /'],
  ]),
  ...rows(TABLE, 'nobody.test', [
    ['absolute form: its host counts', 'http://exact.test/', 'a /'],
    ['absolute form: its port too', 'http://exact.test:80/', '404'],
    ['absolute form without a path', 'http://exact.test', 'a /'],
    ['absolute form with a query and no path', 'http://paths.test?x=1', '404'],
    ['absolute form of another host', 'http://paths.test/exact?x=1', 'a /exact?x=1'],
    ['absolute form with a host in capitals', 'HTTP://EXACT.test/', 'a /'],
    ['absolute form with an empty host', 'http:///exact', '400'],
  ]),
  ...rows(TABLE, 'paths.test', [
    ['a fragment', '/exact#x', '400'],
    ['a backslash', '/\\exact', '404'],
    ['an asterisk', '*', '404', [], 'OPTIONS'],
    ['a path without a slash', 'exact', '400'],
    ['a semicolon', '/exact;x=1', '404'],
    ['an encoded slash', '/re%2Fabc', '404'],
    ['exact', '/exact', 'a /exact'],
    ['exact with a query', '/exact?x=1', 'a /exact?x=1'],
    ['exact with an empty query', '/exact?', 'a /exact?'],
    ['exact with a slash is another', '/exact/', 'b /exact/'],
    ['exact takes nothing longer', '/exactly', '404'],
    ['exact compares case', '/Exact', '404'],
    ['exact without case', '/oNE', 'a /oNE'],
    ['prefix without case', '/two/X', 'a /two/X'],
    ['prefix', '/prefix/more', 'b /prefix/more'],
    ['prefix compares case', '/Prefix', '404'],
    ['a path is not decoded', '/%65xact', '404'],
    ['dots are not resolved', '/x/../exact', '404'],
    ['slashes are not merged', '//exact', '404'],
    ['segments: itself', '/seg', 'a /seg'],
    ['segments: with a query', '/seg?x', 'a /seg?x'],
    ['segments: below', '/seg/x', 'a /seg/x'],
    ['segments: a slash', '/seg/', 'a /seg/'],
    ['segments: half of one', '/segment', '404'],
    ['segments without case', '/FOLD/x', 'a /FOLD/x'],
    ['segments without case: half of one', '/folder', '404'],
    ['regex', '/re/abc', 'a /re/abc'],
    ['regex with a group', '/re/abc/12', 'a /re/abc/12'],
    ['regex takes the whole path', '/re/abc/12/x', '404'],
    ['regex does not see the query', '/re/abc?x=/', 'a /re/abc?x=/'],
    ['regex compares case', '/re/ABC', '404'],
    ['regex without case', '/CaSe', 'b /CaSe'],
    ['regex at the end', '/x/y.css', 'c /x/y.css'],
    ['the first that matches wins', '/exact.css', 'c /exact.css'],
    ['a prefix with a query takes nothing', '/q?x=1', '404'],
  ]),
  ...rows(TABLE, 'headers.test', [
    ['exact', '/exact', 'a /exact', a('one')],
    ['exact: another value', '/exact', '404', a('One')],
    ['exact: none', '/exact', '404'],
    ['exact: one of two fields', '/exact', 'a /exact', a('two', 'one')],
    ['exact: none of two fields', '/exact', '404', a('two', 'three')],
    ['exact: a list in one field', '/exact', '404', a('two,one')],
    ['exact: two fields are not joined', '/joined', '404', a('one', 'two')],
    ['exact: one field with both', '/joined', 'a /joined', a('one,two')],
    ['exact: joined with a space', '/joined', '404', a('one, two')],
    ['inverted: one of two fields', '/not', '404', a('one', 'two')],
    ['inverted: the other of two fields', '/not', '404', a('two', 'one')],
    ['inverted: none of two fields', '/not', 'a /not', a('two', 'three')],
    ['range: one of two fields', '/range', 'a /range', a('x', '9')],
    ['regex: one of two fields', '/regex', 'a /regex', a('x', 'one')],
    ['missing as empty: one of two fields', '/empty', 'a /empty', a('x', '')],
    ['exact: a name in capitals', '/exact', 'a /exact', [['X-A', 'one']]],
    ['exact without case', '/exact-fold', 'a /exact-fold', a('ONE')],
    ['prefix', '/prefix', 'a /prefix', a('only')],
    ['prefix: no', '/prefix', '404', a('non')],
    ['suffix', '/suffix', 'a /suffix', a('none')],
    ['suffix: no', '/suffix', '404', a('nest')],
    ['contains', '/contains', 'a /contains', a('one')],
    ['contains: no', '/contains', '404', a('two')],
    ['regex', '/regex', 'a /regex', a('ope')],
    ['regex takes the whole value', '/regex', '404', a('two!')],
    ['present', '/present', 'a /present', a('')],
    ['present: no', '/present', '404'],
    ['absent', '/absent', 'a /absent'],
    ['absent: no', '/absent', '404', a('x')],
    ['not present', '/not-present', 'a /not-present'],
    ['not present: no', '/not-present', '404', a('x')],
    ['range: its start', '/range', 'a /range', a('-5')],
    ['range: inside', '/range', 'a /range', a('9')],
    ['range: with a sign', '/range', 'a /range', a('+9')],
    ['range: its end is outside', '/range', '404', a('10')],
    ['range: no number', '/range', '404', a('9x')],
    ['range: no integer', '/range', '404', a('1.5')],
    ['range: empty', '/range', '404', a('')],
    ['inverted', '/not', 'a /not', a('two')],
    ['inverted: no', '/not', '404', a('one')],
    ['inverted does not take a missing field', '/not', '404'],
    ['missing as empty', '/empty', 'a /empty'],
    ['missing as empty: another', '/empty', '404', a('x')],
    ['inverted, missing as empty', '/not-or-missing', 'a /not-or-missing'],
    ['present, missing as empty', '/present-or-missing', 'a /present-or-missing'],
    ['range, missing as empty', '/range-or-missing', '404'],
    ['method', '/method', 'a /method', [], 'PUT'],
    ['method: another', '/method', '404', [], 'GET'],
    ['scheme', '/scheme', 'a /scheme'],
    ['two headers', '/two', 'b /two', [...a('1'), ['x-b', '2']]],
    ['two headers: one of them', '/two', '404', a('1')],
    ['path with its query', '/any?deep=1', 'c /any?deep=1'],
    ['UTF-8', '/utf8', 'a /utf8', a(Buffer.from('grün').toString('latin1'))],
    ['host', '/host', 'a /host'],
  ]),
  ...rows(TABLE, 'Headers.test', [
    ['authority as it was sent', '/authority', 'a /authority'],
    ['host as it was sent', '/host', '404'],
  ]),
  ...rows(TABLE, 'query.test', [
    ['present', '/present?b=1&a=2', 'a /present?b=1&a=2'],
    ['present without a value', '/present?a', 'a /present?a'],
    ['present: no', '/present?ab=1', '404'],
    ['present: no query', '/present', '404'],
    ['absent', '/absent?b=1', 'a /absent?b=1'],
    ['absent: no', '/absent?a=1', '404'],
    ['exact', '/exact?a=1', 'a /exact?a=1'],
    ['exact: the first counts', '/exact?a=1&a=2', 'a /exact?a=1&a=2'],
    ['exact: not the second', '/exact?a=2&a=1', '404'],
    ['exact without case', '/exact-fold?a=YES', 'a /exact-fold?a=YES'],
    ['exact: names compare case', '/exact?A=1', '404'],
    ['exact: an equals sign in the value', '/exact?a=1=', '404'],
    ['prefix', '/prefix?a=12', 'a /prefix?a=12'],
    ['regex', '/regex?a=42', 'a /regex?a=42'],
    ['regex takes the whole value', '/regex?a=42x', '404'],
    ['empty', '/empty?a=', 'a /empty?a='],
    ['empty without equals sign', '/empty?a', 'a /empty?a'],
    ['decoded', '/encoded?a=x%20y', '404'],
    ['as written', '/raw?a=x%20y', 'a /raw?a=x%20y'],
    ['two parameters', '/any?b=2&a=1', 'b /any?b=2&a=1'],
    ['two parameters: one of them', '/any?b=2', '404'],
  ]),
  ...rows(TABLE, 'weights.test', [
    ['a weight of 0', '/never', 'b /never'],
    ['header changes and Host of the cluster', '/changes', 'a /changes', [['x-drop', '1']]],
    ['Host of route and cluster', '/both-hosts', 'a /both-hosts'],
  ]),
  ...rows(TABLE, 'redirect.test', [
    ['scheme', '/https?x=1', '301 https://redirect.test/https?x=1'],
    ['host', '/host?x=1', '302 http://other.example/host?x=1'],
    ['host with a port', '/host-port', '302 http://other.example:81/host-port'],
    ['port', '/port', '303 https://redirect.test:8443/port'],
    ['path', '/path?x=1', '307 http://redirect.test/new?x=1'],
    ['path with a query', '/path-query?x=1', '308 http://redirect.test/new?z=1'],
    ['without query', '/strip?x=1', '301 http://o.example/strip'],
    ['path, without query', '/strip-path?x=1', '301 http://redirect.test/new'],
    ['prefix', '/prefix/a/b?x=1', '301 http://redirect.test/p2/a/b?x=1'],
    ['prefix by segment', '/seg/a', '301 http://redirect.test/segments/a'],
    ['regex', '/regex/a/b/c?x', '301 http://redirect.test/b-a/c?x'],
    ['header changes', '/headers', '301 https://redirect.test/headers'],
    ['as it was', '/any', '301 http://redirect.test/any'],
    ['a POST', '/host', '302 http://other.example/host', [], 'POST'],
    ['a HEAD', '/host', '302 http://other.example/host', [], 'HEAD'],
  ]),
  ...rows(TABLE, 'redirect.test:80', [
    ['another scheme drops the port', '/https', '301 https://redirect.test/https'],
    ['the same scheme keeps it', '/path', '307 http://redirect.test:80/new'],
  ]),
  ...rows(TABLE, 'Redirect.test:8080', [
    ['another scheme keeps the port', '/https', '301 https://Redirect.test:8080/https'],
    ['another port takes its place', '/port', '303 https://Redirect.test:8443/port'],
  ]),
  ...rows(TABLE, '[::1]:8080', [['IPv6', '/port', '303 https://[::1]:8443/port']]),
  ...rows(TABLE, 'rewrite.test', [
    ['prefix', '/api/users?x=1', 'a /v2/users?x=1'],
    ['prefix by segment', '/seg/a', 'a /x/y/a'],
    ['prefix by segment: itself', '/seg?x', 'a /x/y?x'],
    ['exact', '/whole?x', 'a /new?x'],
    ['prefix without case', '/fOLD/x', 'a /f/x'],
    ['a regex match is replaced as a whole', '/by-regex/a/b?x', 'a /all?x'],
    ['every match of a regex', '/regex/1/22?x=/3', 'a /regex/n1\\/n22\\?x=/3'],
    ['groups', '/users/7/posts/1', 'a /posts/1/of/7'],
    ['Host', '/host', 'a /host'],
    ['Host from a header', '/from-header', 'a /from-header', [['x-host', 'h.example:1']]],
    ['Host from a header that is not there', '/from-header', 'a /from-header'],
    ['Host from a header that the route adds', '/from-added', 'a /from-added'],
    ['Host from a header that the route removes', '/from-removed', 'a /from-removed', [['x-host', 'h.example']]],
  ]),
  ...rows(TABLE, 'answers.test', [
    ['a body', '/ok', '200'],
    ['a HEAD', '/ok', '200', [], 'HEAD'],
    ['no body', '/gone', '410'],
    ['a status without body', '/none', '204'],
    ['header changes', '/json', '503'],
  ]),
  ...rows(TABLE, 'timeout.test', [
    ['no answer in time', '/silent', '504'],
    ['no timeout', '/late', 'a /late'],
    ['in time', '/late-in-time', 'a /late-in-time'],
    ['no endpoint', '/missing', '503'],
  ]),
  ...[CHANGES, SWITCHED].flatMap((listener) =>
    rows(listener, 'changes.test', [
      ['append', '/append', 'a /append', [['x-kept', '1']]],
      ['add if absent', '/absent', 'a /absent', [['x-kept', '1']]],
      ['overwrite', '/overwrite', 'a /overwrite', [['x-kept', '1']]],
      ['overwrite if it is there', '/exists', 'a /exists', [['x-kept', '1']]],
      [
        'overwrite two',
        '/twice',
        'a /twice',
        [
          ['x-twice', 'a'],
          ['x-twice', 'b'],
        ],
      ],
      [
        'remove',
        '/remove',
        'a /remove',
        [
          ['x-kept', '1'],
          ['X-Twice', 'a'],
          ['x-twice', 'b'],
        ],
      ],
      ['overwrite between two that append', '/mixed', 'a /mixed'],
      ['empty values', '/empty', 'a /empty'],
      ['a percent sign', '/percent', 'a /percent'],
      [
        'three levels',
        '/levels',
        'a /levels',
        [
          ['x-level', 'caller'],
          ['x-list', 'caller'],
        ],
      ],
      ['an answer of the proxy', '/no-upstream', '503'],
      ['an answer of the proxy, late', '/silent', '504'],
      ['UTF-8', '/utf8', 'a /utf8'],
    ]),
  ),
  ...rows(CHANGES, 'changes.test:98', [['a port that is not there', '/append', '404']]),
  ...rows(SWITCHED, 'changes.test:98', [['a port that is not looked at', '/append', 'a /append']]),
  ...rows(SWITCHED, 'weights.test', [['header changes of the cluster', '/changes', 'a /changes', [['x-drop', '1']]]]),
];

/** Requests that the two answer differently, on purpose. */
export interface DifferentCase extends RoutingCase {
  /** What Envoy makes of it, as `summaryOf` says it. */
  readonly envoy: string;
  readonly why: string;
}

export const DIFFERENT_CASES: readonly DifferentCase[] = [
  {
    ...{ title: 'absolute form of https', listener: TABLE, host: 'nobody.test', path: 'https://exact.test/' },
    is: '400',
    envoy: 'a /',
    why: 'a call that asks for TLS is not sent in plain text',
  },
  {
    ...{ title: 'absolute form with a user', listener: TABLE, host: 'nobody.test', path: 'http://me@exact.test/' },
    is: '400',
    envoy: 'a /',
    why: 'RFC 9110 section 4.2.4: user information in a request is to be treated as an error',
  },
];
