// The conformance suite of HTTP/2 and HPACK against our listener: all of its 145 cases.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { DownstreamTlsSpec } from '../../src/model/tls-spec.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { Stage } from '../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** What h2spec prints, without colours. Its colour is off where it does not write to a terminal. */
async function run(program: string, port: number, ...more: readonly string[]): Promise<string> {
  const child = spawn(program, ['-h', '127.0.0.1', '-p', String(port), '-o', '2', ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  await new Promise((resolve) => child.on('close', resolve));
  return text;
}

/** Its last words: the failures, and the counts. */
function summaryOf(text: string): string {
  const failures = text.indexOf('Failures:');
  const from = failures < 0 ? text.lastIndexOf('\n', text.length - 2) : failures;
  return text
    .slice(from)
    .replace(/Finished in .* seconds/, '')
    .trim();
}

describeWithPeers('h2spec', ['h2spec'], (paths) => {
  it.each(['http1', 'http2'] as const)(
    'passes 145 of 145 on a listener of HTTP/2, in front of a pod of %s',
    async (protocol) => {
      // An answer before the end of a request would end the stream that a case goes on with.
      const backend = await stage.backend(async ({ body, connection }) => {
        await body;
        connection.answer(200, 'x'.repeat(100));
      });
      const second = await stage.plane({ services: { '*': [backend] } });
      // In front of the same pod: as a pod of HTTP/2, another sidecar of ours stands for it.
      const pod = protocol === 'http1' ? backend : { host: '127.0.0.1', port: second.port };
      const plane = await stage.plane({
        services: { '*': [pod] },
        http2Services: protocol === 'http2' ? ['*'] : [],
        codec: 'http2',
      });
      expect(summaryOf(await run(paths['h2spec'] ?? '', plane.port))).toBe(
        '145 tests, 145 passed, 0 skipped, 0 failed',
      );
    },
    60_000,
  );

  it('passes 145 of 145 over TLS, where HTTP/2 is what both agree on', async () => {
    const backend = await stage.backend(async ({ body, connection }) => {
      await body;
      connection.answer(200, 'x'.repeat(100));
    });
    const plane = await stage.plane({ services: { '*': [backend] } });
    const file = (name: string) => ({
      kind: 'file' as const,
      path: join(import.meta.dirname, '../fixtures/tls', name),
    });
    const listener = plane.listener();
    const tls: DownstreamTlsSpec = {
      ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', requireClientCertificate: false },
      applicationProtocols: ['h2', 'http/1.1'],
      certificate: { chain: file('server.pem'), privateKey: file('server.key') },
    };
    const filterChains = listener.filterChains.map((chain) => ({ ...chain, tls }));
    plane.apply({ listeners: { upserted: [{ ...listener, filterChains }], removed: [] } });
    expect(summaryOf(await run(paths['h2spec'] ?? '', plane.port, '-t', '-k'))).toBe(
      '145 tests, 145 passed, 0 skipped, 0 failed',
    );
  }, 60_000);
});
