// One request through a proxy to a backend that tells what it saw: what callers and backends see, without what differs from run to run.
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestAddress } from './live-plane.ts';

export interface RoutedRequest {
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  /** One character a byte. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

export type Fields = Readonly<Record<string, string>>;

/** What the backend saw. */
export interface SeenRequest {
  readonly backend: string;
  readonly method: string;
  readonly path: string;
  readonly fields: Fields;
}

export interface RoutedAnswer {
  readonly status: number;
  readonly fields: Fields;
  /** '' where the proxy failed by itself: its words are its own. */
  readonly body: string;
  readonly seen: SeenRequest | null;
}

export interface ToldBackend {
  readonly server: Server;
  readonly address: TestAddress;
}

/**
 * Answers 200 with what it saw and some fields. `/silent` gets no answer, `/late…` one after 300 ms.
 */
export async function startToldBackend(name: string): Promise<ToldBackend> {
  const server = createServer((incoming, response) => {
    const seen: SeenRequest = {
      backend: name,
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      fields: fieldsOf(incoming),
    };
    if (seen.path === '/silent') return;
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-backend', name);
    response.setHeader('x-kept', '1');
    response.setHeader('x-twice', ['a', 'b']);
    const answer = () => response.end(JSON.stringify(seen));
    if (seen.path.startsWith('/late')) setTimeout(answer, 300);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } };
}

/** Over a connection of its own. */
export function send(
  port: number,
  { host, path, method = 'GET', headers = [], body: sent }: RoutedRequest,
): Promise<RoutedAnswer> {
  const raw = [['Host', host], ...headers].flat();
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path, method, agent: false, setHost: false, headers: raw },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          body += piece;
        });
        response.on('error', reject);
        response.on('end', () => resolve(answerOf(response, body)));
      },
    );
    call.on('error', reject);
    call.end(sent);
  });
}

function answerOf(response: IncomingMessage, body: string): RoutedAnswer {
  const fields = fieldsOf(response);
  const status = response.statusCode ?? 0;
  const seen = fields['x-backend'] === undefined || body === '' ? null : (JSON.parse(body) as SeenRequest);
  return { status, fields, body: seen === null ? body : '', seen };
}

/** Lower-case names in order, values of one name joined by `,`. */
function fieldsOf({ rawHeaders }: IncomingMessage): Fields {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    const value = rawHeaders[i + 1] ?? '';
    fields[name] = fields[name] === undefined ? value : `${fields[name]},${value}`;
  }
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
