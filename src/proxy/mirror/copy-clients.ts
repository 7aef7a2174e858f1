// Sends copies through undici, a client for each endpoint. Loaded with the first copy.
import { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import { connectByDial } from '../codec/connect-by-dial.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { CopiedBody } from './copied-body.ts';
import type { CopiedHead } from './copied-head.ts';
import type { MirrorCluster } from './mirror-cluster.ts';

/** Of HTTP/1.1, to one endpoint; further copies wait for one of them. */
const MAX_CONNECTIONS = 64;
/** Of an answer; a longer one is cut off. */
const MAX_ANSWER_BYTES = 131_072;

interface SentCopy {
  readonly head: CopiedHead;
  /** Null = it has none. */
  readonly body: CopiedBody | null;
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
}

export class CopyClients {
  readonly #cluster: MirrorCluster;
  readonly #pools = new Map<Endpoint, Pool>();

  constructor(cluster: MirrorCluster) {
    this.#cluster = cluster;
  }

  /** Resolves when its answer has come, of which nothing is kept. */
  async send({ head, body, endpoint, signal }: SentCopy): Promise<void> {
    const { method, path, fields } = head;
    const answer = await this.#poolOf(endpoint).request({
      ...{ method: method as Dispatcher.HttpMethod, path, headers: [...fields], signal },
      body: body === null ? null : Readable.from(body, { objectMode: false }),
    });
    await answer.body.dump({ limit: MAX_ANSWER_BYTES });
  }

  close(): void {
    for (const pool of this.#pools.values()) void pool.destroy().catch(() => {});
    this.#pools.clear();
  }

  #poolOf(endpoint: Endpoint): Pool {
    const known = this.#pools.get(endpoint);
    if (known !== undefined) return known;
    this.#forgetOthers();
    const { host, port } = endpoint;
    const { protocol } = this.#cluster.spec;
    const pool = new Pool(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, {
      // One with a logical name may be somewhere else by then.
      connect: (_options, connected) =>
        connectByDial(this.#cluster.dial(endpoint.host, endpoint.port), protocol === 'http2', connected),
      allowH2: protocol !== undefined,
      connections: protocol === 'http2' ? 1 : MAX_CONNECTIONS,
      // Each copy has a time of its own.
      ...{ headersTimeout: 0, bodyTimeout: 0 },
    });
    this.#pools.set(endpoint, pool);
    return pool;
  }

  #forgetOthers(): void {
    const present = new Set(this.#cluster.endpoints);
    for (const [endpoint, pool] of this.#pools) {
      if (present.has(endpoint)) continue;
      this.#pools.delete(endpoint);
      void pool.close().catch(() => {});
    }
  }
}
