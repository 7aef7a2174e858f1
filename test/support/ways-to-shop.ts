// Ways to ask the Service `shop` with a session: over HTTP/1.1, HTTP/2, gRPC and WebSocket, by cookie or metadata.
import { once } from 'node:events';
import { Metadata } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import { GrpcCaller } from './grpc-echo.ts';
import { Http2Caller } from './http2-caller.ts';
import { get, RawClient } from './raw-client.ts';
import type { Way } from './shoppers.ts';

/** Of the cookie or the metadata. */
export const CART = 'http_cart';

/** A way through the sidecar at `port`; `atEnd`: what ends with the test. */
export type OpenWay = (port: number, atEnd: (end: () => unknown) => void) => Promise<Way>;

const cookieWith = (token: string) => `theme=dark; ${CART}="${token}"`;

/** The session's, of all that an answer sets. */
function tokenIn(cookies: readonly string[]): string {
  for (const cookie of cookies) {
    const [, token] = /^http_cart="([^"]+)"/.exec(cookie) ?? [];
    if (token !== undefined) return token;
  }
  return '';
}

const first = (value: unknown) => (Array.isArray(value) ? String(value[0] ?? '') : String(value ?? ''));

export const overHttp1: OpenWay = async (port, atEnd) => {
  const client = await RawClient.connect(port);
  atEnd(() => client.socket.destroy());
  return async (token) => {
    const answer = await client.ask(get('shop', '/cart', token === '' ? '' : `Cookie: ${cookieWith(token)}\r\n`));
    return {
      pod: answer.status === 200 ? answer.text : String(answer.status),
      told: answer.get('x-switchboard-session') ?? '',
      token: tokenIn([answer.get('set-cookie') ?? '']),
    };
  };
};

export const overHttp2: OpenWay = async (port, atEnd) => {
  const caller = new Http2Caller(port);
  atEnd(() => caller.close());
  return async (token) => {
    const cookie = token === '' ? {} : { cookie: cookieWith(token).split('; ') };
    const { status, headers, body } = await caller.ask('shop', cookie);
    return {
      pod: status === 200 ? String(body) : String(status),
      told: first(headers['x-switchboard-session']),
      token: tokenIn(headers['set-cookie'] ?? []),
    };
  };
};

export const overGrpc: OpenWay = async (port, atEnd) => {
  const caller = new GrpcCaller(port, { 'grpc.default_authority': 'shop' });
  atEnd(() => caller.close());
  return async (token) => {
    const asked = new Metadata();
    if (token !== '') asked.set(CART, token);
    const { text, metadata } = await caller.unaryWith(Buffer.from('x'), asked);
    return { pod: text, told: first(metadata.get('x-switchboard-session')), token: first(metadata.get(CART)) };
  };
};

/** A WebSocket for each visit. */
export const overWebSocket: OpenWay = async (port) => async (token) => {
  const headers = { Host: 'shop', ...(token === '' ? {} : { Cookie: cookieWith(token) }) };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/cart`, { headers });
  const opened = once(socket, 'upgrade');
  const message = once(socket, 'message');
  const [{ headers: fields }] = await opened;
  const [name] = await message;
  socket.terminate();
  return {
    pod: String(name),
    told: first(fields['x-switchboard-session']),
    token: tokenIn(fields['set-cookie'] ?? []),
  };
};
