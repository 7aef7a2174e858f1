// Text to socket address: `HOST:PORT`, with IPv6 in brackets.
import { isIP } from 'node:net';
import { errorIssue, fail, ok, type Result } from '../base/result.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { quote } from './quote.ts';

/** `listen`: an IP literal and any port, 0 = the system chooses. `dial`: a name or an IP literal, and a port from 1. */
export type AddressUse = 'listen' | 'dial';

const LONGEST_NAME = 253;

export function parseSocketAddress(text: string, use: AddressUse): Result<SocketAddressSpec> {
  const colon = text.lastIndexOf(':');
  const host = unbracket(text.slice(0, Math.max(0, colon)));
  const port = parsePort(text.slice(colon + 1));
  if (colon < 1 || host === null || port === null) return refuse(text, 'is not HOST:PORT', use);
  if (use === 'dial' && port === 0) return refuse(text, 'has the port 0, which nothing answers on', use);
  if (isIP(host) !== 0) return ok({ host, port });
  if (use === 'listen') return refuse(text, 'does not begin with an IP address', use);
  return isHostName(host) ? ok({ host, port }) : refuse(text, 'does not begin with a host name', use);
}

function refuse(text: string, problem: string, use: AddressUse): Result<never> {
  const example = use === 'listen' ? '127.0.0.1:15001 or [::1]:15001' : '127.0.0.1:15010, [::1]:15010 or a.name:15010';
  return fail([errorIssue(`${quote(text)} ${problem}`, { remedy: `write it as ${example}` })]);
}

/** Null where brackets and colons don't fit together: `::1`, `[1.2.3.4]`, `[::1`. */
function unbracket(host: string): string | null {
  const bracketed = host.startsWith('[') && host.endsWith(']');
  const inner = bracketed ? host.slice(1, -1) : host;
  return (isIP(inner) === 6) === bracketed ? inner : null;
}

function parsePort(text: string): number | null {
  if (!/^\d{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port <= 65_535 ? port : null;
}

/** The last label has a letter: `127.0.0.300` is a slip, not a name. */
function isHostName(host: string): boolean {
  const labels = host.split('.');
  const valid = host.length <= LONGEST_NAME && labels.every((label) => /^[a-zA-Z0-9_-]{1,63}$/.test(label));
  return valid && /[a-zA-Z]/.test(labels.at(-1) ?? '');
}
