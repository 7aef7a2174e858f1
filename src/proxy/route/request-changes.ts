// What a route changes in a request on its way: fields, then Host, then path; compiled once, applied to the head as it is sent.
import type { RouteActionSpec } from '../../model/route-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import { isAuthority } from '../codec/http1/authority.ts';
import type { FieldChanges, FieldEdit } from './field-changes.ts';
import { FieldList } from './field-list.ts';
import type { PathRewriter } from './path-rewriter.ts';

export interface RequestChangesParts {
  readonly fields: FieldChanges | null;
  /** A literal Host; `hostRewrite` has its way over it. */
  readonly clusterHost: string | undefined;
  readonly hostRewrite: RouteActionSpec['hostRewrite'];
  readonly path: PathRewriter | null;
}

export class RequestChanges {
  readonly #parts: RequestChangesParts;

  private constructor(parts: RequestChangesParts) {
    this.#parts = parts;
  }

  /** Null = nothing changes. */
  static compile(parts: RequestChangesParts): RequestChanges | null {
    const { fields, clusterHost, hostRewrite, path } = parts;
    if (fields === null && clusterHost === undefined && hostRewrite === undefined && path === null) return null;
    return new RequestChanges(parts);
  }

  /** For a request that only others change. */
  static none(): RequestChanges {
    return new RequestChanges({ fields: null, clusterHost: undefined, hostRewrite: undefined, path: null });
  }

  /**
   * The head to send upstream, ready to be written; null when the path becomes what cannot be sent. `requestId`: x-request-id where the
   * caller sent none, else ''. `first`: changes in what came, before those of the route; null = none.
   */
  render(head: RequestHead, requestId: string, first: FieldEdit | null): string | null {
    const path = this.#parts.path === null ? head.path : this.#parts.path(head.path);
    if (path === null) return null;
    const fields = FieldList.of(head, 'host');
    if (requestId !== '') fields.append('x-request-id', requestId);
    first?.apply(fields);
    this.#parts.fields?.apply(fields);
    const host = this.#hostOf(head, fields);
    // Empty where an HTTP/1.0 caller named none: RFC 9112 section 3.2 demands the line.
    return `${head.method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${fields.render()}\r\n`;
  }

  #hostOf(head: RequestHead, fields: FieldList): string {
    const { hostRewrite, clusterHost } = this.#parts;
    if (hostRewrite?.kind === 'literal') return hostRewrite.value;
    const named = hostRewrite === undefined ? null : fields.get(hostRewrite.name);
    // What a caller sent is checked as its Host would be.
    if (named !== null && isAuthority(named, 0, named.length, false)) return named;
    return clusterHost ?? head.authority;
  }
}
