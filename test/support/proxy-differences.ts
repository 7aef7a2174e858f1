// Where Envoy and the sidecar differ on purpose, and what of an answer must be equal.
import type { Fields, RoutedAnswer } from './routed-request.ts';
import { summaryOf } from './routing-cases.ts';

/**
 * What the two do not have in common, on purpose, by field or by field and value. Everything else must be equal: a difference that is not listed here fails its test.
 */
const DIFFERENCES: Readonly<Record<'request' | 'response', Readonly<Record<string, string>>>> = {
  request: {
    'x-request-id': 'both make one for each request',
    'x-forwarded-proto': 'semantics of proxy mode: our sidecar adds no x-forwarded-… to a call',
    'x-envoy-expected-rq-timeout-ms': 'speaks to Envoy alone',
    'x-envoy-original-path': 'speaks to Envoy alone',
    'x-envoy-original-host': 'speaks to Envoy alone',
    'x-switchboard-attempt': 'tells proxies of the same hop that it is repeated already',
    connection: 'each manages connections of its own',
    'content-length: 0': 'Envoy adds it where a method could have a body and has none; our sidecar passes on what came',
  },
  response: {
    date: 'Envoy adds one; our sidecar passes the one of the backend and makes none for its own answers',
    server: 'Envoy names itself in its own answers',
    'x-envoy-upstream-service-time': 'speaks to Envoy alone',
    'x-switchboard-error': 'our answers to failures say why',
    'x-switchboard-retries': 'tells proxies in front of ours that repeating it is spent',
    'x-request-id': 'our answers to failures carry it, so that the log can be found',
    connection: 'each manages connections of its own',
    'content-length':
      'the body of the backend holds the request with the differences above; bodies are compared themselves',
    'transfer-encoding': 'as content-length',
  },
};

function without(fields: Fields, kind: 'request' | 'response'): Fields {
  const differs = DIFFERENCES[kind];
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => (differs[name] ?? differs[`${name}: ${value}`]) === undefined),
  );
}

/** What must be equal. A proxy's words for a failure of its own are its own, and so is their content type. */
export function comparable(answer: RoutedAnswer) {
  const { status, fields, body, seen } = answer;
  const isFailure =
    fields['x-switchboard-error'] !== undefined || ENVOY_FAILURES.some((words) => body.startsWith(words));
  const response = without(fields, 'response');
  if (isFailure) delete (response as Record<string, string>)['content-type'];
  return {
    summary: summaryOf(answer),
    status,
    response,
    body: isFailure ? '' : body,
    seen: seen === null ? null : { ...seen, fields: without(seen.fields, 'request') },
  };
}

/** How Envoy's answers to failures of its own begin. */
const ENVOY_FAILURES = [
  'no healthy upstream',
  'upstream request timeout',
  'upstream connect error',
  'Bad Request',
  'fault filter abort',
  'local_rate_limited',
];
