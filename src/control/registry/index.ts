// The table of registries that `--registry` can name.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { errorIssue, fail, ok, type Result } from '../../base/result.ts';
import type { ConnectKube } from '../../kube-api/kube-client.ts';
import { FileRegistry } from './file.ts';
import { KubernetesRegistry } from './kubernetes.ts';
import type { Registry } from './registry.ts';

export interface RegistryContext {
  readonly clock: Clock;
  /** Where there may be an API server. */
  readonly kube?: KubeContext;
}

export interface KubeContext {
  readonly random: Random;
  readonly log: Log;
  /** Finds the API server, or says why not; called when `kubernetes` is named. */
  readonly find: () => Result<ConnectKube>;
}

export interface RegistryRow {
  /** What stands before the colon. */
  readonly kind: string;
  /** How it is written, for --help and error messages. */
  readonly usage: string;
  readonly summary: string;
  /** `argument` is what stands after the colon, '' where nothing does. */
  readonly open: (argument: string, context: RegistryContext) => Result<Registry>;
}

export const REGISTRIES: readonly RegistryRow[] = [
  {
    kind: 'file',
    usage: 'file:DIR',
    summary: 'a folder of Kubernetes manifests, read recursively and watched',
    open: (argument, { clock }) =>
      argument === ''
        ? fail([errorIssue('names no folder', { remedy: 'write file:DIR, e.g. file:examples/my-api' })])
        : ok(new FileRegistry(argument, clock)),
  },
  {
    kind: 'kubernetes',
    usage: 'kubernetes',
    summary: 'the API server that kubectl uses, or that of the cluster that this pod is in',
    open: (argument, { clock, kube }) => {
      if (argument !== '') return fail([errorIssue('names more than it may', { remedy: 'write kubernetes alone' })]);
      if (kube === undefined) return fail([errorIssue('is not read here', { remedy: 'write file:DIR' })]);
      const found = kube.find();
      return found.ok
        ? ok(new KubernetesRegistry({ connect: found.value, clock, random: kube.random, log: kube.log }))
        : found;
    },
  },
];
