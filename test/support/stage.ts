// What one test of the data plane puts on: planes, backends and closed ports; all of it is cleared away, and checked, at the end.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { LivePlane, type LivePlaneOptions, type TestAddress } from './live-plane.ts';
import { named, type Script, ScriptedBackend } from './scripted-backend.ts';

export class Stage {
  #planes: LivePlane[] = [];
  #backends: ScriptedBackend[] = [];

  async plane(options: LivePlaneOptions): Promise<LivePlane> {
    const plane = await LivePlane.start(options);
    this.#planes.push(plane);
    return plane;
  }

  async backend(script: Script): Promise<ScriptedBackend> {
    const backend = await ScriptedBackend.start(script);
    this.#backends.push(backend);
    return backend;
  }

  /** So many backends, `a`, `b`, `c` …, that say who they are. */
  backends(count: number): Promise<ScriptedBackend[]> {
    return Promise.all(
      Array.from({ length: count }, (_, index) => this.backend(named(String.fromCharCode(97 + index)))),
    );
  }

  /** An address that refuses connections. */
  async refusing(): Promise<TestAddress> {
    // On an address of its own, so that nobody else is given the port meanwhile.
    const host = '127.66.0.1';
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    server.close();
    await once(server, 'close');
    return { host, port };
  }

  /** For `afterEach`. */
  async close(): Promise<void> {
    const planes = this.#planes;
    const backends = this.#backends;
    this.#planes = [];
    this.#backends = [];
    await Promise.all(planes.map((plane) => plane.close()));
    await Promise.all(backends.map((backend) => backend.close()));
  }
}
