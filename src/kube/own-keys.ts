// Labels and annotations of our own (`switchboard.dev/…`): which there are, where each counts, and what is told of the others.
import { nearest } from '../base/nearest.ts';
import { joinPath } from './field-path.ts';
import type { Report } from './fields.ts';
import type { StringMap, TemplateMeta } from './meta.ts';
import type { KubeObject } from './objects.ts';

const PREFIX = 'switchboard.dev/';
const INJECT = 'switchboard.dev/inject';
const INJECT_VALUES = ['enabled', 'disabled'];

/** Shorthands of a TrafficPolicy. */
export const SERVICE_ANNOTATIONS: readonly string[] = [
  'switchboard.dev/load-balancer',
  'switchboard.dev/affinity',
  'switchboard.dev/retries',
  'switchboard.dev/timeout',
  'switchboard.dev/outlier-detection',
];

/** What a pod says of its sidecar. */
const POD_ANNOTATIONS: readonly string[] = [
  INJECT,
  'switchboard.dev/include-outbound-ports',
  'switchboard.dev/exclude-outbound-ports',
  'switchboard.dev/exclude-outbound-cidrs',
  'switchboard.dev/exclude-inbound-ports',
  'switchboard.dev/concurrency',
  'switchboard.dev/log-level',
  'switchboard.dev/cpu-request',
  'switchboard.dev/memory-limit',
  'switchboard.dev/native-sidecar',
];

/**
 * Reports each that has no effect where it stands: Kubernetes takes any text as a key, so nobody else will. Objects that an API server or
 * `switchboard up` wrote are passed over: what they carry was told where it was written.
 */
export function checkOwnKeys(object: KubeObject, report: Report): void {
  if (object.metadata.uid !== undefined) return;
  switch (object.kind) {
    case 'Service':
      checkKeys(object.metadata.annotations, 'metadata.annotations', SERVICE_ANNOTATIONS, report);
      break;
    case 'Pod':
      checkPod(object.metadata, 'metadata', report);
      break;
    case 'Deployment':
    case 'StatefulSet':
      checkKeys(object.metadata.annotations, 'metadata.annotations', [], report);
      checkPod(object.spec.template.metadata, 'spec.template.metadata', report);
      break;
    case 'Namespace':
      checkKeys(object.metadata.labels, 'metadata.labels', [INJECT], report);
      checkInject(object.metadata.labels, 'metadata.labels', report);
      break;
    default:
  }
}

function checkPod({ annotations, labels }: TemplateMeta, path: string, report: Report): void {
  checkKeys(annotations, `${path}.annotations`, POD_ANNOTATIONS, report);
  checkInject(annotations, `${path}.annotations`, report);
  checkInject(labels, `${path}.labels`, report);
}

/** `known`: those that count here. */
function checkKeys(keys: StringMap, path: string, known: readonly string[], report: Report): void {
  for (const key of Object.keys(keys)) {
    if (!key.startsWith(PREFIX) || known.includes(key)) continue;
    const near = nearest(key.slice(PREFIX.length), [...SERVICE_ANNOTATIONS, ...POD_ANNOTATIONS].map(withoutPrefix));
    const home = homeOf(key);
    if (home !== null) report(joinPath(path, key), 'has no effect here', `write it ${home}`);
    else if (near !== null) report(joinPath(path, key), 'is not known', `did you mean ${PREFIX}${near}?`);
    else report(joinPath(path, key), 'is not known', listOf(known));
  }
}

function listOf(known: readonly string[]): string {
  return known.length === 0 ? 'remove it' : `those that count here are ${known.join(', ')}`;
}

/** Where a key belongs; null where nobody knows it. */
function homeOf(key: string): string | null {
  if (SERVICE_ANNOTATIONS.includes(key)) return 'into the annotations of a Service';
  if (POD_ANNOTATIONS.includes(key))
    return 'into the annotations of a pod: of a workload, under spec.template.metadata';
  return null;
}

function checkInject(keys: StringMap, path: string, report: Report): void {
  const value = keys[INJECT];
  if (value === undefined || INJECT_VALUES.includes(value)) return;
  const near = nearest(value, INJECT_VALUES);
  const remedy = near === null ? 'write enabled or disabled' : `did you mean ${near}?`;
  report(joinPath(path, INJECT), `has the unknown value ${JSON.stringify(value)}, and so no effect`, remedy);
}

function withoutPrefix(key: string): string {
  return key.slice(PREFIX.length);
}
