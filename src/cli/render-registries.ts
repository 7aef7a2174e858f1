// Which registries of the control plane are behind, a line each.
import { fieldOf, listOf, textOf } from './json-value.ts';

export interface RegistryKind {
  readonly resource: string;
  /** starting, following, behind or absent. */
  readonly state: string;
  readonly trouble: string;
}

export interface RegistryRow {
  readonly name: string;
  readonly synced: boolean;
  readonly kinds: readonly RegistryKind[];
}

/** Kinds named in a line. */
const MAX_NAMED = 4;

export function readRegistry(value: unknown): RegistryRow {
  const kinds = listOf(fieldOf(value, 'kinds')).map((kind) => ({
    resource: textOf(fieldOf(kind, 'resource')),
    state: textOf(fieldOf(kind, 'state')),
    trouble: textOf(fieldOf(kind, 'trouble')),
  }));
  return { name: textOf(fieldOf(value, 'name')), synced: fieldOf(value, 'synced') === true, kinds };
}

/** `kubernetes is behind with services, pods and 6 more: can't watch …`; none where all keep up. */
export function renderLateRegistries(registries: readonly RegistryRow[]): string[] {
  return registries.flatMap(({ name, synced, kinds }) => {
    const late = kinds.filter(({ state }) => state === 'behind' || state === 'starting');
    if (late.length === 0) return synced ? [] : [`${name} has not been read yet`];
    const why = late.find(({ trouble }) => trouble !== '')?.trouble ?? 'it has not answered yet';
    const what = synced ? 'is behind with' : 'has not been read yet: it waits for';
    return [`${name} ${what} ${renderNames(late.map(({ resource }) => resource))}: ${why}`];
  });
}

function renderNames(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return more > 0 ? `${names.slice(0, MAX_NAMED).join(', ')} and ${more} more` : names.join(', ');
}
