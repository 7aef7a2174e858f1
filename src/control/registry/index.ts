// The table of registries that `--registry` can name.
import type { Clock } from '../../base/clock.ts';
import { errorIssue, fail, ok, type Result } from '../../base/result.ts';
import { FileRegistry } from './file.ts';
import type { Registry } from './registry.ts';

export interface RegistryContext {
  readonly clock: Clock;
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
];
