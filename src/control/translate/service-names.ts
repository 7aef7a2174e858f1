// The names of one Service for sidecars that ask for what is dialled: its own, and of a headless Service each pod's.
import { isDeepStrictEqual } from 'node:util';
import type { ServiceNamePort, ServiceNameSpec } from '../../model/service-name-spec.ts';
import type { AnswersTo, ServiceRoute } from './service-route.ts';

/** In the order of `routes`. What says the same as in `before` is the same object, the list and each of it. */
export function serviceNames(
  routes: readonly ServiceRoute[],
  before: readonly ServiceNameSpec[],
): readonly ServiceNameSpec[] {
  const groups = new Map<string, AnswersTo[]>();
  for (const { answersTo } of routes) {
    const group = groups.get(answersTo.name);
    if (group === undefined) groups.set(answersTo.name, [answersTo]);
    else group.push(answersTo);
  }
  const known = new Map(before.map((spec) => [spec.name, spec]));
  const names = Array.from(groups, ([name, group]) => {
    const spec = nameOf(name, group);
    const old = known.get(name);
    return old !== undefined && isDeepStrictEqual(old, spec) ? old : spec;
  });
  return isDeepStrictEqual(names, before) ? before : names;
}

/** Pods of one name usually have one address, whatever the port. */
function nameOf(name: string, group: readonly AnswersTo[]): ServiceNameSpec {
  const addresses = group[0]?.addresses ?? [];
  const ports = group.flatMap((part) => {
    const own = isDeepStrictEqual(part.addresses, addresses) ? {} : { addresses: part.addresses };
    const servicePort = part.ports[0] ?? 0;
    return part.ports.map((number): ServiceNamePort => ({ number, servicePort, ...own }));
  });
  return { name, addresses, ports };
}
