// Promises of memory: callers, keys, sessions and paths that come once each leave nothing behind, however many they are.
import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ALWAYS } from '../../../src/model/fraction-spec.ts';
import { DEFAULT_OUTLIER_DETECTION } from '../../../src/model/outlier-detection-spec.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { get, type RawClient } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
const closing: (() => void)[] = [];
afterEach(async () => {
  await stage.close();
  for (const close of closing.splice(0)) close();
});

const CALLERS = 10_000;
/** Of a caller. An entry of a map takes more; what the heap does by itself is about 30 of these. */
const MOST_BYTES = 90;
const PIPELINED = 50;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function pod(): Promise<{ readonly host: string; readonly port: number }> {
  let count = 0;
  const server = createServer((_request, answer) => {
    count += 1;
    answer.statusCode = count % 50 === 0 ? 503 : 200;
    answer.end('ok');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const address = server.address();
  return { host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/** Each of them new to the plane in all that tells callers apart. */
async function askAll(plane: LivePlane, client: RawClient, from: number): Promise<void> {
  for (let at = from; at < from + CALLERS; at += PIPELINED) {
    let text = '';
    for (let caller = at; caller < at + PIPELINED; caller += 1) {
      const id = caller.toString(36).padStart(5, '0');
      const token = `1${'A'.repeat(15)}${id}${'0'.repeat(7)}${id}`;
      const fields = `X-User: user-${id}\r\nX-Cart: ${token}\r\nCookie: shop=${id}\r\nX-Request-Id: request-${id}\r\n`;
      text += get(
        'web',
        `/${id}?key=${id}`,
        `${fields}traceparent: 00-${id.padStart(32, '1')}-00f067aa0ba902b7-01\r\n`,
      );
    }
    client.send(text);
    for (let count = 0; count < PIPELINED; count += 1) await client.answer();
    plane.log.length = 0;
  }
}

async function heapBytes(): Promise<number> {
  for (let count = 0; count < 3; count += 1) {
    collectGarbage();
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

it('10,000 callers with 10,000 sessions, hash keys, cookies, paths and names take no more memory than 10,000 others before them', async () => {
  const pods = [await pod(), await pod(), await pod()];
  const plane = await stage.plane({
    services: { web: pods.map((address, index) => ({ ...address, uid: `uid-${index}` })) },
    cluster: {
      loadBalancer: 'ring-hash',
      outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, callers: { header: 'x-user', minimum: 3 } },
    },
    action: {
      hashPolicies: [
        { kind: 'header', name: 'x-user' },
        { kind: 'cookie', name: 'shop', ttlMs: 60_000 },
        { kind: 'query-parameter', name: 'key' },
      ],
      session: {
        ...{ carrier: { kind: 'header', name: 'x-cart' }, format: 'token', onLoss: 'rehome', lifetimeMs: 0 },
      },
    },
    http: {
      filters: [
        {
          name: 'limit',
          config: {
            kind: 'local-rate-limit',
            limit: {
              ...{ statPrefix: 'limit', enabled: ALWAYS, enforced: ALWAYS, status: 429 },
              bucket: { maxTokens: 8_000, tokensPerFill: 1_000, fillIntervalMs: 1_000 },
            },
          },
        },
      ],
    },
  });
  const client = await plane.client();
  await askAll(plane, client, 0);
  const before = await heapBytes();
  await askAll(plane, client, CALLERS);
  const grown = (await heapBytes()) - before;
  expect(plane.stat('cluster.web.session_moved')).toBeGreaterThan(CALLERS / 2);
  expect(grown / CALLERS).toBeLessThan(MOST_BYTES);
}, 60_000);
