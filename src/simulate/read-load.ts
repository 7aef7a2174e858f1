// What callers send, from its part of a scenario file: how often, requests of HTTP or calls of gRPC, with or without bodies.
import type { Fields } from '../kube/fields.ts';
import type { LoadSpec } from './scenario-spec.ts';
import { bytesOf, integerOf } from './scenario-values.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH'];
const MAX_WEIGHT = 1_000_000;
const MAX_CALLS = 100;
const MAX_BODY_BYTES = 16 * 1_048_576;

export function readLoad(fields: Fields | undefined): LoadSpec {
  if (fields === undefined) return { ratePerSecond: 1, methods: [{ method: 'GET', share: 1 }] };
  fields.onlyKnown(['rate', 'methods', 'grpc', 'body']);
  if (!fields.has('rate')) fields.report('rate', 'is missing', 'add requests per second, such as 1000');
  const ratePerSecond = integerOf(fields, 'rate', 1, 1_000_000) ?? 1;
  const bodyBytes = bytesOf(fields, 'body', { min: 1, max: MAX_BODY_BYTES });
  const body = bodyBytes === undefined ? {} : { bodyBytes };
  const calls = fields.map('grpc');
  if (calls === undefined) return { ratePerSecond, methods: readMethods(fields.map('methods')), ...body };
  if (fields.has('methods')) fields.report('methods', 'stands beside grpc', 'keep one of them: calls of gRPC are POST');
  return { ratePerSecond, methods: readCalls(calls), grpc: true, ...body };
}

/** Weights, whatever they add up to. */
function readMethods(fields: Fields | undefined): LoadSpec['methods'] {
  if (fields === undefined) return [{ method: 'GET', share: 1 }];
  fields.onlyKnown(METHODS);
  return sharesOf(fields, METHODS, '{GET: 80, POST: 20}, or leave it out');
}

function readCalls(fields: Fields): LoadSpec['methods'] {
  const { keys } = fields;
  if (keys.length > MAX_CALLS) fields.report('', `has ${keys.length} methods`, `write at most ${MAX_CALLS}`);
  for (const key of keys) {
    if (isCall(key)) continue;
    fields.report(key, 'is no method of gRPC', 'write package.Service/Method, such as shop.Cart/Get');
  }
  return sharesOf(fields, keys.filter(isCall).slice(0, MAX_CALLS), '{shop.Cart/Get: 80, shop.Cart/Add: 20}');
}

/** What a path may have, in two parts. */
function isCall(key: string): boolean {
  const [service = '', method = '', ...more] = key.split('/');
  return more.length === 0 && /^[\w.]{1,200}$/.test(service) && /^\w{1,200}$/.test(method);
}

function sharesOf(fields: Fields, names: readonly string[], example: string): LoadSpec['methods'] {
  const weights = names.map((method) => ({ method, weight: integerOf(fields, method, 0, MAX_WEIGHT) ?? 0 }));
  const all = weights.reduce((sum, { weight }) => sum + weight, 0);
  if (all === 0) fields.report('', 'names no method with a weight', `write ${example}`);
  return weights.flatMap(({ method, weight }) => (weight === 0 ? [] : [{ method, share: weight / all }]));
}
