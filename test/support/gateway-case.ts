// A promise of Gateway API's routes to callers: what is asked, and what caller and pod shall see.
import type { Seen } from './echo-pods.ts';
import type { RawClient } from './raw-client.ts';

export interface CaseRequest {
  /** Of the caller; default `shop`, where the Services are. */
  readonly from?: string;
  /** Default `echo`. */
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CaseAnswer {
  readonly status: number;
  /** Of the answer, by lower-case name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Null where no pod answered. */
  readonly seen: Seen | null;
}

export interface Expectation {
  /** Default 200. */
  readonly status?: number;
  readonly pod?: string;
  /** What the pod saw. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly unseen?: readonly string[];
  /** What the caller saw. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly absent?: readonly string[];
}

export interface GatewayCase {
  readonly name: string;
  readonly manifest: string;
  readonly steps: readonly (readonly [CaseRequest, Expectation])[];
}

/** An HTTPRoute of `shop` whose parent is `echo`, on every port. */
export function httpRoute(name: string, rules: string, parent = '{name: echo}', namespace = 'shop'): string {
  const ref = parent.replace('{', '{group: "", kind: Service, ');
  return `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  parentRefs: [${ref}]
  rules:
${rules.replace(/^/gm, '  ')}
`;
}

/** The parts of `answer` that `expected` speaks of, to be compared with `wanted`. */
export function observed(answer: CaseAnswer, expected: Expectation): unknown {
  const { seen, fields } = answer;
  return {
    status: answer.status,
    ...(expected.pod === undefined ? {} : { pod: seen?.pod }),
    ...(expected.path === undefined ? {} : { path: seen?.path }),
    headers: pick(seen?.headers ?? {}, [...Object.keys(expected.headers ?? {}), ...(expected.unseen ?? [])]),
    fields: pick(fields, [...Object.keys(expected.fields ?? {}), ...(expected.absent ?? [])]),
  };
}

export function wanted({ status = 200, pod, path, headers = {}, fields = {} }: Expectation): unknown {
  return { status, ...(pod === undefined ? {} : { pod }), ...(path === undefined ? {} : { path }), headers, fields };
}

function pick(record: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.flatMap((key) => (record[key] === undefined ? [] : [[key, record[key]]])));
}

/** As `httpRoute`, of gRPC. */
export function grpcRoute(name: string, rules: string): string {
  return httpRoute(name, rules).replace('kind: HTTPRoute', 'kind: GRPCRoute');
}

function render({ host = 'echo', path = '/', method = 'GET', headers = {} }: CaseRequest): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${fields.join('')}\r\n`;
}

export async function asked(client: RawClient, request: CaseRequest): Promise<CaseAnswer> {
  const { status, fields, text } = await client.ask(render(request));
  const names = fields.map(([name, value]) => [name.toLowerCase(), value] as const);
  return { status, fields: Object.fromEntries(names), seen: text.startsWith('{') ? (JSON.parse(text) as Seen) : null };
}
