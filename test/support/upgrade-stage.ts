// What tests of extended CONNECT put on: a plane, callers and pods of both versions; all of it is cleared away at the end.
import { once } from 'node:events';
import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { Http2Backend, type Http2Script } from './http2-backend.ts';
import { Http2Caller } from './http2-caller.ts';
import type { LivePlane, LivePlaneOptions, TestAddress } from './live-plane.ts';
import { Stage } from './stage.ts';
import { TcpPods } from './tcp-pods.ts';
import { upgradePlane } from './upgrades.ts';

/** What asks for a WebSocket. */
export const EXTENDED_CONNECT: OutgoingHttpHeaders = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'http',
  ':path': '/chat',
  'sec-websocket-version': '13',
};

/** Says yes and gives back what it gets. */
export const echoUpgrade: Http2Script = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

export class UpgradeStage {
  readonly stage = new Stage();
  readonly pods = new TcpPods();
  readonly callers: Http2Caller[] = [];
  readonly #backends: Http2Backend[] = [];

  /** A Service `web` that may upgrade to WebSocket. */
  plane(web: readonly TestAddress[], options?: LivePlaneOptions): Promise<LivePlane> {
    return upgradePlane(this.stage, web, options);
  }

  /** The same with pods of HTTP/2. */
  http2Plane(web: readonly TestAddress[], options: LivePlaneOptions = {}): Promise<LivePlane> {
    const http = { upgrades: { websocket: true } };
    return upgradePlane(this.stage, web, { http, http2Services: ['web'], ...options });
  }

  /** One that takes extended CONNECT, or says nothing of it. */
  async http2Pod(script: Http2Script, takesUpgrades = true): Promise<Http2Backend> {
    const backend = await Http2Backend.start(script, 1_000, takesUpgrades);
    this.#backends.push(backend);
    return backend;
  }

  /** As Node's client wants it: the sidecar has said first that it takes extended CONNECT. */
  async caller(plane: LivePlane): Promise<Http2Caller> {
    const caller = new Http2Caller(plane.port);
    this.callers.push(caller);
    await once(caller.session, 'remoteSettings');
    return caller;
  }

  /** Sends the request of a caller of its own. */
  async asked(plane: LivePlane, headers: OutgoingHttpHeaders = {}): Promise<ClientHttp2Stream> {
    return (await this.caller(plane)).open('web', { ...EXTENDED_CONNECT, ...headers }, false);
  }

  /** The same, and the answer is 200. */
  async opened(plane: LivePlane, headers: OutgoingHttpHeaders = {}): Promise<ClientHttp2Stream> {
    const stream = await this.asked(plane, headers);
    const [answer] = await once(stream, 'response');
    if (answer[':status'] !== 200) throw new Error(`answered ${answer[':status']}`);
    return stream;
  }

  /** For `afterEach`. */
  async close(): Promise<void> {
    for (const caller of this.callers.splice(0)) caller.close();
    await this.stage.close();
    for (const backend of this.#backends.splice(0)) backend.close();
    this.pods.close();
  }
}
