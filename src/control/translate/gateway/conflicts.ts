// Routes of several kinds on one Service port, of which only one kind can count.
import type { TranslatedParent } from './parents.ts';
import { strongest } from './port-rules.ts';
import type { Problem } from './problem.ts';
import type { TranslatedRoute } from './translate-route.ts';

export interface Conflict {
  readonly parent: TranslatedParent;
  /** Of the parent: where the route has no effect. */
  readonly ports: readonly number[];
  readonly problem: Problem;
}

/** `attached`: all routes of the parents' Services, `route` among them. */
export function conflictsOf(
  route: TranslatedRoute,
  attached: (service: string) => readonly TranslatedRoute[],
): readonly Conflict[] {
  return route.parents.flatMap((parent) => {
    const lost = parent.ports.flatMap((port) => {
      const winner = winnerOf(route, parent.service, port, attached(parent.service));
      return winner === null ? [] : [{ port, winner }];
    });
    const [first] = lost;
    if (first === undefined) return [];
    const { kind, metadata } = first.winner.inputs.route.object;
    const ports = lost.map(({ port }) => port);
    const at = route.inputs.route.object.spec.parentRefs.indexOf(parent.ref);
    const message = `${kind} ${metadata.namespace}/${metadata.name} is attached to port ${ports.join(', ')} of Service "${parent.ref.name}" too, and goes first: this route has no effect there`;
    const problem = {
      reason: 'Conflicted',
      path: `spec.parentRefs[${at}]`,
      message,
      remedy: 'attach them to different ports',
    } as const;
    return [{ parent, ports, problem }];
  });
}

/** Null: the route itself counts. */
function winnerOf(
  route: TranslatedRoute,
  service: string,
  port: number,
  attached: readonly TranslatedRoute[],
): TranslatedRoute | null {
  const { namespace } = route.inputs.route.object.metadata;
  const rivals = attached.filter(
    ({ inputs, parents }) =>
      inputs.route.object.metadata.namespace === namespace &&
      parents.some((parent) => parent.service === service && parent.ports.includes(port)),
  );
  const counting = strongest(rivals);
  return counting.includes(route) ? null : (counting[0] ?? null);
}
