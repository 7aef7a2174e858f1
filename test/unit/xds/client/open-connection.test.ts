// The stream to the control plane before gRPC has been loaded.
import { createServer } from 'node:net';
import { systemClock } from '../../../../src/base/clock.ts';
import { openConnection } from '../../../../src/xds/client/open-connection.ts';
import { SOTW_CLIENT_CODEC } from '../../../../src/xds/client/sotw-codec.ts';

const OPTIONS = {
  address: '127.0.0.1:1',
  codec: SOTW_CLIENT_CODEC,
  clock: systemClock,
  connectTimeoutMs: 2_000,
  keepaliveMs: 15_000,
  keepaliveTimeoutMs: 5_000,
};

describe('a stream that is opened', () => {
  it('says why it has ended, once, though it was written to at once', async () => {
    const reasons: string[] = [];
    await new Promise<void>((resolve) => {
      const ended = (reason: string): void => {
        reasons.push(reason);
        resolve();
      };
      openConnection(OPTIONS, { delivery: () => {}, ended }).send(Buffer.from('early'));
    });
    expect(reasons).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });

  it('never dials where it is closed at once', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const events = { delivery: () => {}, ended: () => expect('ended').toBe('never') };
    openConnection({ ...OPTIONS, address: `127.0.0.1:${port}` }, events).close();
    await import('../../../../src/xds/client/ads-connection.ts');
    await new Promise((resolve) => setImmediate(resolve));
    expect(connections).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });
});
