// Our entries in the status of an object, beside those of other controllers: what to write, or nothing where it says so already.
import { isMapping } from '../../kube/fields.ts';
import { CONTROLLER_NAME } from '../controller-name.ts';
import type { StatusForm } from './status-form.ts';
import type { StatusReference, WantedCondition, WantedEntry, WantedStatus } from './wanted-status.ts';

export interface MergedStatus {
  /** The list of the status as it shall be, whole; null where it is so already. */
  readonly entries: readonly unknown[] | null;
  /** How many of ours find no room beside those of other controllers. */
  readonly leftOut: number;
}

/** Source: metav1.Condition. */
interface Condition extends WantedCondition {
  readonly observedGeneration?: number;
  /** RFC 3339, of the last change of `status`. */
  readonly lastTransitionTime: string;
}

const MAX_MESSAGE = 32_768;

/** `present`: the status of the object as the API server has it, of whatever shape. `nowMs`: since the epoch. */
export function mergeStatus(form: StatusForm, present: unknown, wanted: WantedStatus, nowMs: number): MergedStatus {
  const before = listIn(present, form.list);
  const others = before.filter((entry) => !isOurs(entry)).length;
  const admitted = wanted.entries.slice(0, Math.max(0, form.max - others));
  const left = new Map(admitted.map((entry) => [renderRef(entry.ref, wanted.namespace), entry]));
  const kept = before.flatMap((entry) => {
    if (!isOurs(entry)) return [entry];
    const key = refIn(entry, form, wanted.namespace);
    const want = left.get(key);
    left.delete(key);
    return want === undefined ? [] : [entryOf(form, want, entry, wanted.generation, nowMs)];
  });
  const after = [...kept, ...Array.from(left.values(), (want) => entryOf(form, want, null, wanted.generation, nowMs))];
  const same = after.length === before.length && after.every((entry, index) => entry === before[index]);
  return { entries: same ? null : after, leftOut: wanted.entries.length - admitted.length };
}

/** Whether there is anything of ours in it. */
export function hasOurs(form: StatusForm, present: unknown): boolean {
  return listIn(present, form.list).some(isOurs);
}

/** The same object as `before` where that says the same. */
function entryOf(
  form: StatusForm,
  want: WantedEntry,
  before: Readonly<Record<string, unknown>> | null,
  generation: number | undefined,
  nowMs: number,
): unknown {
  const present = listIn(before, 'conditions');
  const conditions = want.conditions.map((condition) => conditionOf(condition, present, generation, nowMs));
  if (before !== null && sameConditions(present, conditions)) return before;
  return { [form.ref]: want.ref, controllerName: CONTROLLER_NAME, conditions };
}

function conditionOf(
  { type, status, reason, message }: WantedCondition,
  present: readonly unknown[],
  observedGeneration: number | undefined,
  nowMs: number,
): Condition {
  const before = present.find((one) => isMapping(one) && one['type'] === type && one['status'] === status);
  const since = isMapping(before) ? before['lastTransitionTime'] : undefined;
  return {
    type,
    status,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: typeof since === 'string' ? since : renderTime(nowMs),
    reason,
    // Half a character would come back as another one, and be written again.
    message: message.slice(0, MAX_MESSAGE).toWellFormed(),
  };
}

/** Fields that we don't write are left to whoever writes them: they make no difference. */
function sameConditions(present: readonly unknown[], wanted: readonly Condition[]): boolean {
  return (
    present.length === wanted.length &&
    wanted.every((condition, index) => {
      const before = present[index];
      return isMapping(before) && Object.entries(condition).every(([key, value]) => before[key] === value);
    })
  );
}

function isOurs(entry: unknown): entry is Readonly<Record<string, unknown>> {
  return isMapping(entry) && entry['controllerName'] === CONTROLLER_NAME;
}

function refIn(entry: Readonly<Record<string, unknown>>, form: StatusForm, namespace: string): string {
  const ref = entry[form.ref];
  return isMapping(ref) ? renderRef(ref, namespace) : '';
}

/** `ref` without a namespace means that of the object. */
function renderRef(ref: { readonly [Key in keyof StatusReference]?: unknown }, namespace: string): string {
  const { group, kind, name, sectionName, port } = ref;
  return JSON.stringify([
    group ?? null,
    kind ?? null,
    ref.namespace ?? namespace,
    name,
    sectionName ?? null,
    port ?? null,
  ]);
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = isMapping(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}

/** As metav1.Time is written: whole seconds. */
function renderTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -'.000Z'.length)}Z`;
}
