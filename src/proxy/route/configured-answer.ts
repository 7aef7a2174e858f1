// Answers that a route gives by itself, compiled: redirects and direct responses.
import type { DirectResponseSpec, RedirectSpec, RouteSpec } from '../../model/route-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import type { ChangeLevels } from './destination.ts';
import { FieldChanges } from './field-changes.ts';
import { withoutQuery } from './path-matcher.ts';
import { compilePathRewrite } from './path-rewriter.ts';
import { toWire } from './text-matcher.ts';

export interface ConfiguredAnswer {
  readonly status: number;
  /** One character a byte. */
  readonly body: string;
  readonly fields: FieldChanges | null;
  /** Value of Location; '' = there is none. Null: the path becomes what cannot be sent. */
  locationOf(head: RequestHead): string | null;
}

/** Null for a route that goes to a cluster. */
export function compileAnswer(route: RouteSpec, levels: ChangeLevels): ConfiguredAnswer | null {
  const { action } = route;
  const fields = FieldChanges.compile(levels.map((level) => level?.response));
  if (action.kind === 'direct-response') return { ...directResponse(action), fields };
  if (action.kind === 'redirect')
    return { status: action.status, body: '', fields, locationOf: redirector(action, route) };
  return null;
}

function directResponse({ status, body }: DirectResponseSpec): Omit<ConfiguredAnswer, 'fields'> {
  return { status, body: toWire(body), locationOf: () => '' };
}

/** Scheme, host, port and path of the request where the route says nothing else. Source: Envoy's redirect. */
function redirector(spec: RedirectSpec, route: RouteSpec): (head: RequestHead) => string | null {
  const pathOf = redirectPath(spec, route);
  const scheme = spec.scheme ?? 'http';
  const port = spec.port === undefined ? '' : `:${spec.port}`;
  return (head) => {
    // CONNECT has no path to go to.
    if (head.path === '') return '';
    const path = pathOf(head.path);
    if (path === null) return null;
    const host = spec.host ?? hostForRedirect(head.authority, scheme, port);
    return `${scheme}://${host}${port}${path}`;
  };
}

/** The request's own port goes where another is said, and where `:80` would stand behind another scheme than http. */
function hostForRedirect(authority: string, scheme: string, port: string): string {
  const colon = authority.lastIndexOf(':');
  if (colon < 0 || colon < authority.lastIndexOf(']')) return authority;
  const isOldDefault = scheme !== 'http' && authority.slice(colon) === ':80';
  return port !== '' || isOldDefault ? authority.slice(0, colon) : authority;
}

function redirectPath(spec: RedirectSpec, route: RouteSpec): (target: string) => string | null {
  const strip = (target: string) => (spec.stripQuery === true ? withoutQuery(target) : target);
  if (spec.path?.kind !== 'full') {
    const rewrite = compilePathRewrite(spec.path, route.match);
    return (target) => {
      const path = rewrite === null ? target : rewrite(target);
      return path === null ? null : strip(path);
    };
  }
  const { value } = spec.path;
  if (value.includes('?')) return () => value;
  return (target) => strip(value + target.slice(withoutQuery(target).length));
}
