// What a caller speaks, from its first bytes.
import type { TransportProtocol } from '../../../model/filter-chain-match-spec.ts';
import { readClientHello } from './client-hello.ts';
import { readHttpStart } from './http-start.ts';

export interface Detected {
  readonly transportProtocol: TransportProtocol;
  /** Lower case; '' = none. */
  readonly serverName: string;
  /** `h2c`, `http/1.1` or `http/1.0`; of TLS what the ClientHello offers. */
  readonly applicationProtocols: readonly string[];
}

export interface Wanted {
  readonly tls: boolean;
  readonly http: boolean;
}

/** Neither TLS nor HTTP, or nothing was looked for. */
export const PLAIN_BYTES: Detected = { transportProtocol: 'raw_buffer', serverName: '', applicationProtocols: [] };

/** `null` = more bytes are needed; `malformed` = a ClientHello that is none: nobody can say what the upstream would make of it. */
export function detect(bytes: Buffer, wanted: Wanted): Detected | 'malformed' | null {
  if (bytes.length === 0) return null;
  if (wanted.tls) {
    const hello = readClientHello(bytes);
    if (hello === 'incomplete') return null;
    if (hello === 'malformed') return hello;
    if (hello !== 'not-tls') return { transportProtocol: 'tls', ...hello };
  }
  const version = wanted.http ? readHttpStart(bytes) : null;
  if (version === 'incomplete') return null;
  return version === null ? PLAIN_BYTES : { ...PLAIN_BYTES, applicationProtocols: [version] };
}
