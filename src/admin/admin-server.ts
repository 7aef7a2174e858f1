// The HTTP server of admin pages: a table of routes, on loopback by default, bounded in size and time.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/coded-error.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import type { Log } from '../base/log.ts';
import { nearest } from '../base/nearest.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { refuseForeign } from './admin-guard.ts';
import { type AdminResponse, type AdminRoute, refusal, textResponse } from './admin-route.ts';
import { ConnectionSorter } from './connection-sorter.ts';

export interface AdminServerOptions {
  /** Port 0 asks the system for a free one. */
  readonly address: SocketAddressSpec;
  readonly routes: readonly AdminRoute[];
  /** Takes over connections that begin with HTTP/2's preface (gRPC); absent: they are refused. */
  readonly http2?: (connection: Socket) => void;
  readonly clock: Clock;
  readonly log: Log;
}

const MAX_CONNECTIONS = 64;
const MAX_HEAD_BYTES = 16_384;
/** No page takes a body; a small one is read and thrown away. */
const MAX_BODY_BYTES = 65_536;
const REQUEST_TIMEOUT_MS = 10_000;
/** A connection without traffic for so long ends, also one whose reader does not take its answer. */
const IDLE_TIMEOUT_MS = 30_000;

export class AdminServer implements Lifecycle<SocketAddressSpec> {
  readonly #options: AdminServerOptions;
  readonly #server: Server;
  readonly #sorter: ConnectionSorter | null;

  constructor(options: AdminServerOptions) {
    this.#options = options;
    const limits = {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    };
    this.#server = createServer(limits, (request, response) => void this.#serve(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.timeout = IDLE_TIMEOUT_MS;
    const { http2 } = options;
    this.#sorter = http2 === undefined ? null : new ConnectionSorter(this.#server, http2, REQUEST_TIMEOUT_MS);
  }

  /** Rejects with the system's error (EADDRINUSE, EACCES, EADDRNOTAVAIL …). */
  start(): Promise<SocketAddressSpec> {
    const { host, port } = this.#options.address;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#options.log.error('admin server', { error: messageOf(error) }));
        const bound = this.#server.address() as AddressInfo;
        resolve({ host: bound.address, port: bound.port });
      });
    });
  }

  drain(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(deadlineMs, () => void this.close().then(resolve));
      this.#server.close(() => {
        cancel();
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      // The callback also comes, with an error that does not matter here, when it never listened.
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
      this.#sorter?.close();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    boundBody(request);
    let answer: AdminResponse;
    try {
      answer = refuseForeign(request.headers.host, request.headers.origin) ?? (await this.#dispatch(request));
    } catch (error) {
      this.#options.log.error('admin page failed', { page: String(request.url), error: messageOf(error) });
      answer = refusal(500, `The page failed: ${messageOf(error)}.`);
    }
    await this.#send(answer, request.method === 'HEAD', response);
  }

  #dispatch(request: IncomingMessage): AdminResponse | Promise<AdminResponse> {
    const [path = '/', query = ''] = splitTarget(request.url ?? '/');
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const found = this.#options.routes.filter((route) => route.path === path);
    const route = found.find((one) => one.method === method);
    if (route !== undefined) return route.handle(new URLSearchParams(query));
    const [other] = found;
    if (other !== undefined) return refuseMethod(other, request.method);
    return path === '/' && method === 'GET' ? textResponse(this.#renderIndex()) : this.#refuseUnknown(path);
  }

  #refuseUnknown(path: string): AdminResponse {
    const near = nearest(
      path,
      this.#options.routes.map((route) => route.path),
    );
    const hint = near === null ? '' : ` Did you mean ${near}?`;
    return refusal(404, `There is no page ${JSON.stringify(path.slice(0, 100))}.${hint} GET / lists all.`);
  }

  #renderIndex(): string {
    const rows = this.#options.routes.map((route) => ({ call: `${route.method} ${route.path}`, doc: route.doc }));
    const width = Math.max(...rows.map((row) => row.call.length));
    return rows.map((row) => `${row.call.padEnd(width)}  ${row.doc}\n`).join('');
  }

  async #send(answer: AdminResponse, headOnly: boolean, response: ServerResponse): Promise<void> {
    response.writeHead(answer.status, {
      'content-type': answer.contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...answer.headers,
    });
    if (headOnly || typeof answer.body === 'string') {
      response.end(headOnly ? undefined : answer.body);
      return;
    }
    try {
      await pipeline(Readable.from(answer.body), response);
    } catch (error) {
      // The head is gone, so the broken end is all that can tell; a reader that left is no news.
      this.#options.log.debug('admin page ended early', { error: messageOf(error) });
    }
  }
}

function refuseMethod(route: AdminRoute, method: string | undefined): AdminResponse {
  const allow = route.method === 'GET' ? 'GET, HEAD' : route.method;
  return { ...refusal(405, `${route.path} takes ${route.method}, not ${method}.`), headers: { allow } };
}

function boundBody(request: IncomingMessage): void {
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) request.destroy();
  });
}

function splitTarget(target: string): readonly [string, string] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}
