// Connections of grpc-js with handshakes of ours: those of the cluster, by whatever its certificates are at the time.
import type { Socket } from 'node:net';
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import { connectEventOf } from '../codec/connect-event.ts';

/** As of grpc-js, which has no public name for it. */
type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;

export class OwnHandshakes extends ChannelCredentials {
  readonly #secure: (socket: Socket) => Socket;

  /** As of ProbeContext. */
  constructor(secure: (socket: Socket) => Socket) {
    super();
    this.#secure = secure;
  }

  _isSecure(): boolean {
    return true;
  }

  _equals(other: ChannelCredentials): boolean {
    return other === this;
  }

  _createSecureConnector(
    ...[, , callCredentials]: Parameters<ChannelCredentials['_createSecureConnector']>
  ): Connector {
    return {
      connect: (socket) => this.#connect(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials ?? CallCredentials.createEmpty(),
      destroy: () => {},
    };
  }

  /** `plain` has come to be. */
  #connect(plain: Socket): ReturnType<Connector['connect']> {
    const socket = this.#secure(plain);
    if (socket === plain) return Promise.resolve({ socket, secure: false });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed in its handshake')));
      socket.once(connectEventOf(socket), () => resolve({ socket, secure: true }));
    });
  }
}
