// One thing that happens in a scenario: a mapping of its file → EventSpec.
import { type Fields, withoutUndefined } from '../kube/fields.ts';
import { GRPC_CODES } from './outcomes.ts';
import type { EventSpec, Failure, PodChoice } from './scenario-spec.ts';
import { durationMs, integerOf } from './scenario-values.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** The kubelet sees that a container has ended, and its EndpointSlice follows. */
const KILL_NOTICED_MS = 1_000;
/** How long a node may be silent before its pods are not ready (node-monitor-grace-period of Kubernetes). */
const CUT_OFF_NOTICED_MS = 50_000;
/** Of Kubernetes. */
const DEFAULT_GRACE_MS = 30_000;

const [, ...FAILED_CODES] = GRPC_CODES;

/** What each of them may say beside `at` and `do`. */
const KEYS_OF = {
  fail: ['for', 'pods', 'zone', 'percent', 'with', 'late'],
  slow: ['for', 'pods', 'zone', 'factor'],
  kill: ['for', 'pods', 'zone', 'noticed'],
  'cut-off': ['for', 'pods', 'zone', 'noticed'],
  drain: ['pods', 'zone', 'grace'],
  add: ['count'],
  roll: ['every', 'grace'],
  load: ['for', 'rate'],
} as const satisfies Readonly<Record<EventSpec['do'], readonly string[]>>;

type Doing = keyof typeof KEYS_OF;
const DOINGS = Object.keys(KEYS_OF) as readonly Doing[];
export const EVENT_KEYS: readonly string[] = ['at', 'do', ...new Set(Object.values(KEYS_OF).flat())];

/** Undefined where it is not known what happens. */
export function readEvent(fields: Fields): EventSpec | undefined {
  if (!fields.has('at')) fields.report('at', 'is missing', 'write when it happens, such as 10s');
  if (!fields.has('do')) fields.report('do', 'is missing', `write one of ${DOINGS.join(', ')}`);
  const atMs = duration(fields, 'at') ?? 0;
  const doing = fields.oneOf('do', DOINGS);
  if (doing === undefined) return undefined;
  const known: readonly string[] = KEYS_OF[doing];
  for (const key of EVENT_KEYS.slice(2)) {
    if (fields.has(key) && !known.includes(key)) {
      fields.report(key, `means nothing where it says "do: ${doing}"`, `write ${known.join(', ')}, or another event`);
    }
  }
  return withoutUndefined({ atMs, ...readDoing(doing, fields) }) as EventSpec;
}

function readDoing(doing: Doing, fields: Fields): object {
  const forMs = duration(fields, 'for');
  const pods = readPods(fields);
  const graceMs = duration(fields, 'grace', 0) ?? DEFAULT_GRACE_MS;
  switch (doing) {
    case 'fail':
      return { do: doing, pods, forMs, share: percent(fields) / 100, failure: readFailure(fields) };
    case 'slow':
      return { do: doing, pods, forMs, factor: required(fields, 'factor', 1, 100_000) };
    case 'kill':
      return { do: doing, pods, forMs, noticedMs: duration(fields, 'noticed', 0) ?? KILL_NOTICED_MS };
    case 'cut-off':
      return { do: doing, pods, forMs, noticedMs: duration(fields, 'noticed', 0) ?? CUT_OFF_NOTICED_MS };
    case 'drain':
      return { do: doing, pods, graceMs };
    case 'add':
      return { do: doing, count: required(fields, 'count', 1, 1_000) };
    case 'roll':
      return { do: doing, graceMs, everyMs: duration(fields, 'every') ?? graceMs };
    case 'load':
      return { do: doing, forMs, ratePerSecond: required(fields, 'rate', 1, 1_000_000) };
  }
}

function duration(fields: Fields, key: string, min = 0): number | undefined {
  return durationMs(fields, key, { min, max: DAY_MS });
}

function required(fields: Fields, key: string, min: number, max: number): number {
  if (!fields.has(key)) fields.report(key, 'is missing', `write a number from ${min} to ${max}`);
  return integerOf(fields, key, min, max) ?? min;
}

function percent(fields: Fields): number {
  return integerOf(fields, 'percent', 0, 100) ?? 100;
}

/** Neither `pods` nor `zone`: all that there are. */
function readPods(fields: Fields): PodChoice {
  const zone = fields.text('zone');
  const numbers = fields.integers('pods', { min: 0, max: 1_000_000 });
  if (zone !== undefined && numbers !== undefined) {
    fields.report('zone', 'stands beside pods', 'keep one of them: both choose pods');
  }
  if (zone !== undefined) return { kind: 'zone', zone };
  return numbers === undefined ? { kind: 'all' } : { kind: 'numbers', numbers };
}

/** `reset`, `hang`, a status, or what a call of gRPC says that it has come to. */
function readFailure(fields: Fields): Failure {
  const late = fields.flag('late');
  const failure = readKind(fields, late === true);
  if (late !== undefined && !(typeof failure === 'object' && 'code' in failure))
    fields.report('late', 'means nothing here', 'it is for codes of gRPC, such as "with: UNAVAILABLE"');
  return failure;
}

function readKind(fields: Fields, late: boolean): Failure {
  if (!fields.isText('with')) return { status: integerOf(fields, 'with', 500, 599) ?? 503 };
  const kind = fields.oneOf('with', ['reset', 'hang', ...FAILED_CODES]) ?? 'reset';
  return kind === 'reset' || kind === 'hang' ? kind : { code: GRPC_CODES.indexOf(kind), late };
}
