// A plain round-robin proxy on the http-proxy package with a keep-alive agent: `node http-proxy.ts PORT UPSTREAM_PORT…`.
import { randomUUID } from 'node:crypto';
import { Agent, type ClientRequest, createServer, type IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/** The part of http-proxy that is used here; the package brings no types. */
interface ProxyServer {
  web(request: IncomingMessage, response: ServerResponse, options: { readonly target: string }): void;
  on(
    event: 'proxyReq',
    listener: (upstream: ClientRequest, request: IncomingMessage, response: ServerResponse) => void,
  ): void;
  on(
    event: 'error',
    listener: (error: Error, request: IncomingMessage, response: ServerResponse | Socket) => void,
  ): void;
}
interface HttpProxyModule {
  createProxyServer(options: { readonly agent: Agent }): ProxyServer;
}

const [port, ...upstreamPorts] = process.argv.slice(2).map(Number);
const httpProxy: HttpProxyModule = createRequire(import.meta.url)('http-proxy');
const proxy = httpProxy.createProxyServer({
  agent: new Agent({ keepAlive: true, maxSockets: 128, maxFreeSockets: 128 }),
});
let turn = 0;

// The package hears of callers that go only where Node still tells of them as `aborted`; what waits for them would keep its connection for ever.
proxy.on('proxyReq', (upstream, _request, response) => {
  if (response.destroyed) upstream.destroy();
  else response.on('close', () => upstream.destroy());
});
proxy.on('error', (_error, _request, response) => {
  if (response instanceof ServerResponse && !response.headersSent) response.writeHead(503).end();
  else response.destroy();
});

createServer((request, response) => {
  // Not in `proxyReq`: for a caller that has gone meanwhile it comes when the head has been sent, and setting a field then throws.
  request.headers['x-request-id'] = randomUUID();
  request.headers['x-forwarded-proto'] = 'http';
  proxy.web(request, response, { target: `http://127.0.0.1:${upstreamPorts[turn++ % upstreamPorts.length]}` });
}).listen(port, '127.0.0.1');
