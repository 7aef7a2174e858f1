// Which TrafficPolicies count for a Service and each of its ports, and why others don't.
import { nearest } from '../../base/nearest.ts';
import { errorIssue, type Issue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import {
  SECTION_NAMES,
  type SectionName,
  type TrafficPolicy,
  type TrafficPolicySections,
} from '../../kube/traffic-policy/traffic-policy.ts';
import type { Problem } from '../translate/gateway/problem.ts';
import { byPrecedence } from './precedence.ts';

/** What is said of a Service port: each section, and the policy that it comes from. */
export type SaidSections = {
  readonly [Name in SectionName]?: {
    readonly value: NonNullable<TrafficPolicySections[Name]>;
    readonly policy: Located<TrafficPolicy>;
  };
};

export const NOTHING_SAID: SaidSections = {};

/** One item of a policy's targetRefs that names this Service. */
export interface Attachment {
  readonly policy: Located<TrafficPolicy>;
  /** In spec.targetRefs. */
  readonly index: number;
  /** Absent = the whole Service. */
  readonly sectionName?: string;
  readonly outcome: 'accepted' | 'no-such-port' | Conflict;
  /** What the policy refers to and what cannot be used; absent = it refers to nothing, or it does not count here. */
  readonly unresolved?: readonly Problem[];
}

export interface Conflict {
  /** The policy that counts instead. */
  readonly with: Located<TrafficPolicy>;
}

/** `policies`: those that name the Service, in any order. Answers for each policy and target, by precedence. */
export function attachmentsOf(service: Service, policies: readonly Located<TrafficPolicy>[]): readonly Attachment[] {
  const ports = new Set(service.spec.ports.map(({ name }) => name));
  const holders = new Map<string | undefined, Located<TrafficPolicy>>();
  const attachments: Attachment[] = [];
  for (const policy of [...policies].sort(byPrecedence)) {
    for (const [index, { name, sectionName }] of policy.object.spec.targetRefs.entries()) {
      if (name !== service.metadata.name) continue;
      const at = { policy, index, ...(sectionName === undefined ? {} : { sectionName }) };
      const holder = holders.get(sectionName);
      if (sectionName !== undefined && !ports.has(sectionName)) attachments.push({ ...at, outcome: 'no-such-port' });
      else if (holder !== undefined) attachments.push({ ...at, outcome: { with: holder } });
      else {
        holders.set(sectionName, policy);
        attachments.push({ ...at, outcome: 'accepted' });
      }
    }
  }
  return attachments;
}

/** For the port of that name: what is said of the port goes, section by section, before what is said of the whole Service. */
export function saidOf(attachments: readonly Attachment[], portName: string | undefined): SaidSections {
  const accepted = attachments.filter(({ outcome }) => outcome === 'accepted');
  const whole = accepted.find(({ sectionName }) => sectionName === undefined);
  const own = portName === undefined ? undefined : accepted.find(({ sectionName }) => sectionName === portName);
  return { ...sectionsOf(whole?.policy), ...sectionsOf(own?.policy) };
}

function sectionsOf(policy: Located<TrafficPolicy> | undefined): SaidSections {
  if (policy === undefined) return NOTHING_SAID;
  const { spec } = policy.object;
  const said = SECTION_NAMES.flatMap((name) => {
    const value = spec[name];
    return value === undefined ? [] : [[name, { value, policy }] as const];
  });
  return Object.fromEntries(said) as SaidSections;
}

export function checkAttachments(service: Service, attachments: readonly Attachment[]): readonly Issue[] {
  return attachments.flatMap((attachment) => {
    const { outcome } = attachment;
    if (outcome === 'accepted') return [];
    return [
      outcome === 'no-such-port' ? noPortIssue(service, attachment) : conflictIssue(service, attachment, outcome),
    ];
  });
}

function noPortIssue({ metadata, spec }: Service, { policy, index, sectionName = '' }: Attachment): Issue {
  const names = spec.ports.flatMap(({ name }) => name ?? []);
  const near = nearest(sectionName, names);
  const list =
    names.length === 0 ? 'its ports have no names: leave sectionName out' : `its ports are ${names.join(', ')}`;
  const place = placeOf(policy, `spec.targetRefs[${index}].sectionName`);
  const remedy = near === null ? list : `did you mean ${near}?`;
  return errorIssue(`Service "${metadata.name}" has no port named "${sectionName}"`, { ...place, remedy });
}

function conflictIssue({ metadata }: Service, attachment: Attachment, conflict: Conflict): Issue {
  const { policy, index, sectionName } = attachment;
  const target =
    sectionName === undefined ? `Service "${metadata.name}"` : `port "${sectionName}" of "${metadata.name}"`;
  const message = `TrafficPolicy ${whereIs(conflict.with)} is for ${target} already; this one does not count there`;
  const remedy = 'join the two, or remove one of them';
  return errorIssue(message, { ...placeOf(policy, `spec.targetRefs[${index}]`), remedy });
}

/** `"name" (file:line)`. */
export function whereIs({ object, origin }: Located<TrafficPolicy>): string {
  const place = origin.line === undefined ? origin.source : `${origin.source}:${origin.line}`;
  return `"${object.metadata.name}" (${place})`;
}
