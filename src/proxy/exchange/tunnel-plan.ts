// What a tunnel does before it relays: whether it looks at first bytes, and whether a pod is dialled before or behind that.
import { parseDialledName } from '../../model/names.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { ExchangeContext } from './exchange-context.ts';

export interface TunnelTarget {
  readonly cluster: Cluster;
  /** Where it leads to, as its caller says it. */
  readonly authority: string;
  /** The caller was redirected here: it has been promised its connection already. */
  readonly redirected: boolean;
  /** How long nothing may pass, ms; 0 = the caller's own timeouts end it. */
  readonly idleTimeoutMs: number;
  /** Load balancers that hash go by the caller's address. */
  readonly hashesClients: boolean;
}

export interface TunnelPlan {
  /** `http2`: for nothing but that. */
  readonly looks: 'nothing' | 'http2' | 'everything';
  /** A pod is dialled at once, and both sides are listened to when it has been reached. */
  readonly dialsFirst: boolean;
  /** How long the caller may be silent before a pod is dialled for it, ms (semantics: 50). */
  readonly silenceMs: number;
  /** Where something was known beforehand, for people; '' = nothing. */
  readonly why: string;
}

const SILENCE_MS = 50;

/** SMTP, message submission and MySQL: their servers speak first, so nobody gains by a wait. */
const SERVER_FIRST_PORTS: ReadonlySet<number> = new Set([25, 587, 3306]);

const RELAY = { looks: 'nothing', dialsFirst: true, silenceMs: 0 } as const;

export function planOf(
  target: TunnelTarget,
  context: Pick<ExchangeContext, 'serveTunnelled' | 'detection'>,
): TunnelPlan {
  const { cluster, authority, redirected } = target;
  const { appProtocol, protocol } = cluster.spec;
  if (appProtocol === 'tcp') return { ...RELAY, why: 'tcp: declared' };
  // Foreign configuration says nothing of what callers speak; where it goes to pods of HTTP/2 it can mean nothing else.
  const looks = appProtocol !== undefined ? 'everything' : protocol === 'http2' ? 'http2' : 'nothing';
  if (looks === 'nothing' || context.serveTunnelled === null) return { ...RELAY, why: 'tcp: not looked into' };
  if (cluster.endpointCount === 0 && !redirected) return { ...RELAY, why: 'tcp: nobody to send it to' };
  if (appProtocol !== 'detect') return { looks, dialsFirst: false, silenceMs: SILENCE_MS, why: '' };
  const speaker = context.detection.speakerOf(cluster.name);
  const exempt = SERVER_FIRST_PORTS.has(parseDialledName(authority)?.port ?? 0);
  // A caller of CONNECT waits for our answer anyway: it may as well hear that there is a pod.
  const dialsFirst = !redirected && speaker !== 'http';
  const waits = speaker !== 'server' && !exempt;
  const why = exempt ? 'as its port says' : speaker === 'server' ? 'as before' : '';
  return { looks, dialsFirst, silenceMs: waits ? SILENCE_MS : 0, why };
}
