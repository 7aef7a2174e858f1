// What a mirror needs of the cluster that it sends copies to.
import type { OnReadOpts, Socket } from 'node:net';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';

export type CopyDial = (host: string, port: number, onread?: OnReadOpts) => Socket;

/** The cluster, as its mirror sees it. */
export interface MirrorCluster {
  readonly spec: { readonly protocol?: 'http2' | 'auto' };
  readonly endpoints: Iterable<Endpoint>;
  readonly dial: CopyDial;
  pick(context: PickContext): Endpoint | null;
}
