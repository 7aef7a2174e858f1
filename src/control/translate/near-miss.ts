// What a selector that chooses nothing was probably meant to choose.
import type { Located, StringMap } from '../../kube/meta.ts';
import type { Pod } from '../../kube/pod.ts';
import { renderLabels } from '../../kube/selector.ts';
import type { Workload } from '../../kube/workload.ts';

/** Looking further would cost more than the hint is worth. */
const MAX_CANDIDATES = 100;

/** `app=my-api (Deployment my-api)`: the labels that come nearest to `selector`; null where none shares a key with it. */
export function nearMiss(
  selector: StringMap,
  workloads: Iterable<Located<Workload>>,
  pods: Iterable<Located<Pod>>,
): string | null {
  let best: { readonly score: number; readonly text: string } = { score: 0, text: '' };
  let looked = 0;
  for (const { object } of candidates(workloads, pods)) {
    looked += 1;
    if (looked > MAX_CANDIDATES) break;
    const labels = object.kind === 'Pod' ? object.metadata.labels : object.spec.template.metadata.labels;
    const score = similarity(selector, labels);
    if (score === 0 || score < best.score) continue;
    const shared = Object.keys(selector).flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]]));
    const text = `${renderLabels(Object.fromEntries(shared))} (${object.kind} ${object.metadata.name})`;
    // Of equals the first by text, so that the order in which objects came makes no difference.
    if (score > best.score || text < best.text) best = { score, text };
  }
  return best.score === 0 ? null : best.text;
}

function* candidates(
  workloads: Iterable<Located<Workload>>,
  pods: Iterable<Located<Pod>>,
): Generator<Located<Workload> | Located<Pod>> {
  yield* workloads;
  yield* pods;
}

/** A pair that fits counts more than a key that is there with another value. */
function similarity(selector: StringMap, labels: StringMap): number {
  let score = 0;
  for (const key in selector) {
    if (labels[key] === selector[key]) score += 10;
    else if (labels[key] !== undefined) score += 1;
  }
  return score;
}
