// What a person wrote that a resource was made from: so that a refusal can be mended where it begins.

export interface ResourceOrigin {
  /** Of the Kubernetes object. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The file (or, for an API server, the resource) as its owner would name it. */
  readonly source: string;
  /** From 1; absent where there are no lines. */
  readonly line?: number;
}

/** `apps/web.yaml:7`. */
export function renderOriginPlace({ source, line }: ResourceOrigin): string {
  return line === undefined ? source : `${source}:${line}`;
}
