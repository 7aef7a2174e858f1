// The traffic of a Service as its TrafficPolicies, its annotations and its own fields say it together.
import { type Issue, warningIssue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service, ServicePort } from '../../kube/service.ts';
import type { MirrorsSection } from '../../kube/traffic-policy/mirrors-section.ts';
import { SECTION_NAMES, type SectionName, type TrafficPolicy } from '../../kube/traffic-policy/traffic-policy.ts';
import { type ServiceTraffic, serviceTraffic } from '../translate/service-traffic.ts';
import { type Attachment, attachmentsOf, checkAttachments, type SaidSections, saidOf, whereIs } from './attachments.ts';
import { mirrorsOf, type PolicyMirrors, type PolicyReferences } from './mirrors.ts';
import { checkTimeLimits } from './time-limits.ts';

/** The shorthands of each section: where a policy has the section, they don't count. */
export const SHORTHANDS: Readonly<Record<SectionName, readonly string[]>> = {
  loadBalancer: ['switchboard.dev/load-balancer'],
  sessionAffinity: ['switchboard.dev/affinity'],
  timeouts: ['switchboard.dev/timeout'],
  retries: ['switchboard.dev/retries'],
  outlierDetection: ['switchboard.dev/outlier-detection'],
  healthCheck: [],
  connections: [],
  circuitBreakers: [],
  rateLimit: [],
  adaptiveConcurrency: [],
  cors: [],
  mirrors: [],
  faults: [],
};

export interface PolicedTraffic {
  readonly attachments: readonly Attachment[];
  readonly issues: readonly Issue[];
  trafficOf(port: ServicePort): ServiceTraffic;
}

const NO_ATTACHMENTS: readonly Attachment[] = [];

/** What is known of Services that policies refer to. */
export interface Referred {
  readonly references: PolicyReferences;
  readonly clusterDomain: string;
}

/** `policies`: those that name the Service, in any order. `referred`: null where nobody asks who gets copies. */
export function policedTraffic(
  service: Located<Service>,
  policies: readonly Located<TrafficPolicy>[],
  referred: Referred | null,
): PolicedTraffic {
  if (policies.length === 0) {
    const { traffic, issues } = serviceTraffic(service);
    return { attachments: NO_ATTACHMENTS, issues, trafficOf: () => traffic };
  }
  const attachments = resolved(attachmentsOf(service.object, policies), referred);
  const byPort = new Map<string | undefined, ServiceTraffic>();
  const issues = new Map<string, Issue>();
  for (const name of new Set([undefined, ...service.object.spec.ports.map((port) => port.name)])) {
    const sections = saidOf(attachments, name);
    const said = serviceTraffic(service, sections);
    byPort.set(name, { ...said.traffic, ...saidMirrors(sections, referred) });
    // What several ports share is told once.
    for (const issue of [...said.issues, ...checkTimeLimits(sections)]) issues.set(JSON.stringify(issue), issue);
  }
  const overridden = checkOverridden(service, saidOf(attachments, undefined));
  return {
    attachments,
    issues: [
      ...issues.values(),
      ...overridden,
      ...checkAttachments(service.object, attachments),
      ...checkReferences(attachments),
    ],
    trafficOf: (port) => byPort.get(port.name) ?? serviceTraffic(service).traffic,
  };
}

function saidMirrors({ mirrors }: SaidSections, referred: Referred | null): Pick<ServiceTraffic, 'mirrors'> {
  if (mirrors === undefined || referred === null) return {};
  const found = mirrorsIn(mirrors.policy, mirrors.value, referred).mirrors;
  return found.length === 0 ? {} : { mirrors: found };
}

function mirrorsIn(
  { object }: Located<TrafficPolicy>,
  section: MirrorsSection,
  { references, clusterDomain }: Referred,
): PolicyMirrors {
  return mirrorsOf(section, object.metadata.namespace, references, clusterDomain);
}

function resolved(attachments: readonly Attachment[], referred: Referred | null): readonly Attachment[] {
  if (referred === null) return attachments;
  return attachments.map((attachment) => {
    const { mirrors = [] } = attachment.policy.object.spec;
    if (attachment.outcome !== 'accepted' || mirrors.length === 0) return attachment;
    return { ...attachment, unresolved: mirrorsIn(attachment.policy, mirrors, referred).problems };
  });
}

/** Each policy once: those of one port and of all of them may be the same. */
function checkReferences(attachments: readonly Attachment[]): readonly Issue[] {
  const byPolicy = new Map(attachments.map(({ policy, unresolved = [] }) => [policy, unresolved]));
  return Array.from(byPolicy, ([policy, problems]) =>
    problems.map(({ path, message, remedy }) => warningIssue(message, { ...placeOf(policy, path), remedy })),
  ).flat();
}

/** Annotations that say what a policy for the whole Service says too. */
function checkOverridden(service: Located<Service>, said: SaidSections): readonly Issue[] {
  const { annotations } = service.object.metadata;
  return SECTION_NAMES.flatMap((section) => {
    const policy = said[section]?.policy;
    if (policy === undefined) return [];
    const written = SHORTHANDS[section].filter((annotation) => annotations[annotation] !== undefined);
    return written.map((annotation) => {
      const place = placeOf(service, `metadata.annotations['${annotation}']`);
      const message = `does not count: TrafficPolicy ${whereIs(policy)} has ${section}`;
      return warningIssue(message, { ...place, remedy: 'remove one of them' });
    });
  });
}
