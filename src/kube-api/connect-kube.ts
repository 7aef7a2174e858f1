// Makes clients of API servers, and loads what they are made of with the first.
import type { Clock } from '../base/clock.ts';
import { CredentialSource } from './credentials.ts';
import type { KubeAccess, RunPlugin } from './kube-access.ts';
import type { ConnectKube } from './kube-client.ts';

export interface ConnectOptions {
  readonly clock: Clock;
  readonly runPlugin: RunPlugin;
  /** How we name ourselves, `switchboard/1.2.3`. */
  readonly agent: string;
}

/** The same client at each call. */
export function connectKube(access: KubeAccess, { clock, runPlugin, agent }: ConnectOptions): ConnectKube {
  const connect = async () => {
    const { HttpKubeClient } = await import('./http-kube-client.ts');
    return new HttpKubeClient(access, new CredentialSource(access, runPlugin, clock), agent);
  };
  let made: ReturnType<typeof connect> | null = null;
  return () => {
    made ??= connect();
    return made;
  };
}
