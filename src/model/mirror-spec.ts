// Copies of requests, for a cluster whose answers nobody reads.

/** Source: envoy.config.route.v3.RouteAction.RequestMirrorPolicy. */
export interface MirrorSpec {
  readonly cluster: string;
  /** Of the requests of its route, 0–100, in steps of 0.0001. */
  readonly percent: number;
  /** The Host of copies; absent: that of the request, with `-shadow` behind the name. */
  readonly hostRewrite?: string;
  /** Then without `-shadow`. Source: disable_shadow_host_suffix_append. */
  readonly keepsHost?: true;
}

export const MIRROR_STEPS_PER_PERCENT = 10_000;
