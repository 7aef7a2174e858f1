// The text of a scenario file → ScenarioSpec, or everything that is wrong with it.
import { errorIssue, fail, type Issue, ok, type Result } from '../base/result.ts';
import { lineFinder, type ManifestDocument, parseDocuments } from '../kube/document.ts';
import { Fields, isMapping } from '../kube/fields.ts';
import { GRPC_CODES } from './outcomes.ts';
import { EVENT_KEYS, readEvent } from './read-event.ts';
import { readLoad } from './read-load.ts';
import type { CallersSpec, EventSpec, PodsSpec, ScenarioSpec } from './scenario-spec.ts';
import { countOf, durationMs, integerOf, isPresent, latencyOf, warmUpOf, zonesOf } from './scenario-values.ts';

const MAX_ISSUES = 20;
const MAX_TEXT = 1024 * 1024;
const MAX_EVENTS = 1_000;
/** Each has a data plane of its own, with what its balancer knows of each pod. */
const MAX_CALLERS = 500;
const MAX_PODS = 2_000;
const MAX_REQUESTS = 50_000_000;
const MAX_DURATION_MS = 24 * 60 * 60 * 1_000;
const DEFAULT_PROPAGATION_MS = 100;
const DEFAULT_LATENCY = { kind: 'log-normal', medianMs: 5, p99Ms: 50 } as const;
const DEFAULT_QUEUE = 1_000;

const KEYS = [
  'about',
  'duration',
  'load',
  'callers',
  'sessions',
  'pods',
  'propagation',
  'annotations',
  'policy',
  'events',
] as const;

/** `source`: the file, as the user named it. */
export function parseScenario(text: string, source: string, name: string): Result<ScenarioSpec> {
  if (text.length > MAX_TEXT) {
    return fail([errorIssue('is larger than 1 MiB', { source, remedy: 'a scenario is a page of YAML' })]);
  }
  const { documents, issues } = parseDocuments(text, source);
  if (issues.length > 0) return fail(issues);
  const [document, another] = documents;
  if (document === undefined || another !== undefined || !isMapping(document.value)) {
    const remedy =
      'write "duration: 60s" and "load: {rate: 1000}"; switchboard simulate --print-scenario sick-pod shows one';
    return fail([errorIssue('must be one YAML mapping', { source, remedy })]);
  }
  return readDocument(document, document.value, source, name);
}

function readDocument(
  { chunk }: ManifestDocument,
  value: Readonly<Record<string, unknown>>,
  source: string,
  name: string,
): Result<ScenarioSpec> {
  const lineOf = lineFinder(chunk);
  const issues: Issue[] = [];
  const fields = new Fields(value, '', (path, message, remedy) => {
    issues.push(errorIssue(message, { source, line: lineOf(path), path, remedy }));
  });
  const { policy } = value;
  const scenario = { ...readScenario(fields, name), ...(isMapping(policy) ? { policy } : {}) };
  const inOrder = issues.sort((left, right) => (left.line ?? 0) - (right.line ?? 0));
  return issues.length > 0 ? fail(inOrder.slice(0, MAX_ISSUES)) : ok(scenario);
}

function readScenario(fields: Fields, name: string): ScenarioSpec {
  fields.onlyKnown(KEYS);
  const scenario: ScenarioSpec = {
    name,
    about: fields.textOr('about', ''),
    durationMs: durationMs(fields, 'duration', { min: 1, max: MAX_DURATION_MS }) ?? missingDuration(fields),
    load: readLoad(fields.requiredMap('load')),
    callers: readCallers(fields.map('callers')),
    sessions: integerOf(fields, 'sessions', 0, 100_000) ?? 0,
    pods: readPods(fields.map('pods')),
    propagationMs: durationMs(fields, 'propagation', { min: 0, max: MAX_DURATION_MS }) ?? DEFAULT_PROPAGATION_MS,
    annotations: fields.stringMap('annotations'),
    events: readEvents(fields),
  };
  // What may stand in it is for whoever reads TrafficPolicies to say.
  fields.map('policy');
  checkTogether(fields, scenario);
  return scenario;
}

function missingDuration(fields: Fields): number {
  if (!fields.has('duration')) fields.report('duration', 'is missing', 'write how long requests come, such as 60s');
  return 1;
}

function readEvents(fields: Fields): readonly EventSpec[] {
  const events = fields.list('events', (item) => {
    item.onlyKnown(EVENT_KEYS);
    return readEvent(item);
  });
  if (events.length > MAX_EVENTS) fields.report('events', `has ${events.length} items`, `write at most ${MAX_EVENTS}`);
  return events.filter(isPresent).sort((left, right) => left.atMs - right.atMs);
}

function readCallers(fields: Fields | undefined): CallersSpec {
  if (fields === undefined) return { count: 1, zones: [] };
  fields.onlyKnown(['count', 'zones']);
  return { count: countOf(fields, MAX_CALLERS) ?? 1, zones: zonesOf(fields) };
}

function readPods(fields: Fields | undefined): PodsSpec {
  if (fields === undefined)
    return { count: 3, zones: [], latency: DEFAULT_LATENCY, concurrency: 0, queue: DEFAULT_QUEUE };
  fields.onlyKnown(['count', 'zones', 'latency', 'concurrency', 'queue', 'warmup']);
  const warmUp = warmUpOf(fields.map('warmup'));
  return {
    count: countOf(fields, MAX_PODS) ?? 3,
    zones: zonesOf(fields),
    latency: latencyOf(fields) ?? DEFAULT_LATENCY,
    concurrency: integerOf(fields, 'concurrency', 0, 100_000) ?? 0,
    queue: integerOf(fields, 'queue', 0, 1_000_000) ?? DEFAULT_QUEUE,
    ...(warmUp === undefined ? {} : { warmUp }),
  };
}

/** What is right by itself and wrong beside the rest. */
function checkTogether(fields: Fields, { durationMs: untilMs, load, events, pods, callers }: ScenarioSpec): void {
  const rates = [load.ratePerSecond, ...events.map((event) => (event.do === 'load' ? event.ratePerSecond : 0))];
  const requests = (Math.max(...rates) * untilMs) / 1_000;
  if (requests > MAX_REQUESTS) {
    fields.report('duration', `comes to ${requests} requests`, `lower it or the rate: at most ${MAX_REQUESTS}`);
  }
  const zones = new Set([...pods.zones, ...callers.zones]);
  const added = events.reduce((sum, event) => sum + podsAdded(event, pods.count), 0);
  for (const event of events) {
    if (
      event.do === 'fail' &&
      typeof event.failure === 'object' &&
      'code' in event.failure &&
      load.grpc === undefined
    ) {
      fields.report(
        'events',
        `fail with ${GRPC_CODES[event.failure.code]}, which is of gRPC`,
        'add load.grpc: {shop.Cart/Get: 1}',
      );
    }
    if (!('pods' in event)) continue;
    if (event.pods.kind === 'zone' && !zones.has(event.pods.zone)) {
      fields.report('events', `name the zone "${event.pods.zone}", where no pod is`, 'add it to pods.zones');
    }
    const beyond = event.pods.kind === 'numbers' ? event.pods.numbers.filter((one) => one >= pods.count + added) : [];
    if (beyond.length > 0) {
      fields.report('events', `name pod ${beyond.join(', ')}, which never comes to be`, 'pods are counted from 0');
    }
  }
}

function podsAdded(event: EventSpec, count: number): number {
  if (event.do === 'add') return event.count;
  return event.do === 'roll' ? count : 0;
}
