// A plain round-robin proxy on node:http and undici's dispatch: `node undici-proxy.ts PORT UPSTREAM_PORT…`.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const [port, ...upstreamPorts] = process.argv.slice(2).map(Number);
const pools = upstreamPorts.map(
  (upstream) => new Pool(`http://127.0.0.1:${upstream}`, { connections: 128, pipelining: 1 }),
);
let turn = 0;

/** Passes one answer on, with back-pressure. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #downstream: ServerResponse;

  constructor(downstream: ServerResponse) {
    this.#downstream = downstream;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Gone while the request was waiting: it would never drain.
    if (this.#downstream.destroyed) {
      controller.abort(new Error('downstream is gone'));
      return;
    }
    this.#downstream.on('close', () => {
      if (!this.#downstream.writableEnded) controller.abort(new Error('downstream is gone'));
    });
    this.#downstream.on('drain', () => controller.resume());
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingMessage['headers'],
  ): void {
    for (const name of HOP_BY_HOP) delete headers[name];
    this.#downstream.writeHead(status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#downstream.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#downstream.end();
  }

  onResponseError(): void {
    if (this.#downstream.headersSent) this.#downstream.destroy();
    else this.#downstream.writeHead(503).end();
  }
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const pool = pools[turn++ % pools.length];
  if (pool === undefined) return void response.writeHead(503).end();
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  pool.dispatch(
    {
      path: request.url ?? '/',
      method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: requestHeaders(request.rawHeaders),
      body: hasBody ? request : null,
    },
    new Relay(response),
  );
}

function requestHeaders(raw: readonly string[]): string[] {
  const headers = ['x-request-id', randomUUID(), 'x-forwarded-proto', 'http'];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, raw[index + 1] ?? '');
  }
  return headers;
}

createServer(forward).listen(port, '127.0.0.1');
