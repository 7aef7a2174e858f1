// Promises of reading what the system says of an original destination.

import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { openRedirectedDestination, parseV4, parseV6 } from '../../../src/app/redirected-destination.ts';

describe('an original destination', () => {
  it('is read from sockaddr_in and sockaddr_in6, in the form in which names are written', () => {
    const v4 = Buffer.from('0200005010600005' + '0000000000000000', 'hex');
    expect(parseV4(v4)).toEqual({ host: '16.96.0.5', port: 80 });
    const v6 = Buffer.from(`0a0001bb00000000${'fd000096000000000000000000000005'}00000000`, 'hex');
    expect(parseV6(v6)).toEqual({ host: 'fd00:96::5', port: 443 });
  });

  it.each(['127.0.0.1', '::1'])(
    'of a connection to %s that nobody has redirected is none, or where it came to',
    async (host) => {
      const destination = await openRedirectedDestination();
      const server = createServer().listen(0, host);
      await once(server, 'listening');
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      const accepted = once(server, 'connection');
      const caller = connect({ host, port });
      const [socket] = await accepted;
      // Where the system tracks connections it knows this one, too.
      expect([null, host]).toContain(destination.of(socket)?.host ?? null);
      caller.destroy();
      socket.destroy();
      expect(destination.of(socket)).toBeNull();
      expect(destination.of(new Socket())).toBeNull();
      server.close();
    },
  );
});
