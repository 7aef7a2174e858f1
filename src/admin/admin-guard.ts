// Who may ask: a loopback port is open to every web page in the user's browser, unless Host and Origin are looked at.
import { isIP } from 'node:net';
import { type AdminResponse, refusal } from './admin-route.ts';

/**
 * Null where the request may go on. DNS rebinding: a page at `evil.example` makes that name resolve to 127.0.0.1 and then reads us as its
 * own origin; its requests carry `Host: evil.example`, so only IP literals and `localhost` are answered. Cross-site requests: a page may
 * send (though not read) a POST to any address; browsers then say where the page came from in `Origin`.
 */
export function refuseForeign(host: string | undefined, origin: string | undefined): AdminResponse | null {
  if (host !== undefined && !isLocalName(hostOf(host))) {
    return refusal(403, `The admin pages answer to IP addresses and localhost only, not to the host ${shown(host)}.`);
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    return refusal(403, `The admin pages do not answer to web pages of other origins, such as ${shown(origin)}.`);
  }
  return null;
}

function isLocalName(name: string): boolean {
  return name === 'localhost' || isIP(name) !== 0;
}

/** Without port and brackets. */
function hostOf(authority: string): string {
  const close = authority.indexOf(']');
  if (authority.startsWith('[') && close > 0) return authority.slice(1, close);
  const colon = authority.indexOf(':');
  return (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 100));
}
