// Changes of header fields that a route, or what it stands in, makes to requests and answers that pass.

/**
 * `append`: one more field of that name; `add-if-absent`; `overwrite`: the only one of that name; `overwrite-if-exists`.
 * Source: envoy.config.core.v3.HeaderValueOption.HeaderAppendAction.
 */
export const HEADER_ACTIONS = ['append', 'add-if-absent', 'overwrite', 'overwrite-if-exists'] as const;
export type HeaderAction = (typeof HEADER_ACTIONS)[number];

export interface HeaderToAddSpec {
  /** Lower case; not Host, a pseudo header, or what frames a message. */
  readonly name: string;
  /** As it is sent: there are no variables in it. An empty one changes nothing unless `keepEmpty`. */
  readonly value: string;
  readonly action: HeaderAction;
  readonly keepEmpty?: boolean;
}

/** First all names of `remove` go, then `add` happens. */
export interface HeaderEditSpec {
  readonly add: readonly HeaderToAddSpec[];
  /** Lower case. */
  readonly remove: readonly string[];
}

/** At least one of both. */
export interface HeaderChangesSpec {
  readonly request?: HeaderEditSpec;
  readonly response?: HeaderEditSpec;
}

/** Lower case: they say where a message ends, belong to one hop, or have fields of their own for a change. */
export const UNCHANGEABLE_HEADERS: readonly string[] = [
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade'],
];
