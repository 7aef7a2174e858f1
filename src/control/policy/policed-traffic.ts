// The traffic of a Service as its TrafficPolicies, its annotations and its own fields say it together.
import { type Issue, warningIssue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service, ServicePort } from '../../kube/service.ts';
import { SECTION_NAMES, type SectionName, type TrafficPolicy } from '../../kube/traffic-policy/traffic-policy.ts';
import { type ServiceTraffic, serviceTraffic } from '../translate/service-traffic.ts';
import { type Attachment, attachmentsOf, checkAttachments, type SaidSections, saidOf, whereIs } from './attachments.ts';

/** The shorthands of each section: where a policy has the section, they don't count. */
const SHORTHANDS: Readonly<Record<SectionName, readonly string[]>> = {
  loadBalancer: ['switchboard.dev/load-balancer'],
  sessionAffinity: ['switchboard.dev/affinity'],
  timeouts: ['switchboard.dev/timeout'],
  retries: ['switchboard.dev/retries'],
  outlierDetection: ['switchboard.dev/outlier-detection'],
  healthCheck: [],
  circuitBreakers: [],
  rateLimit: [],
  adaptiveConcurrency: [],
  cors: [],
  faults: [],
};

export interface PolicedTraffic {
  readonly attachments: readonly Attachment[];
  readonly issues: readonly Issue[];
  trafficOf(port: ServicePort): ServiceTraffic;
}

const NO_ATTACHMENTS: readonly Attachment[] = [];

/** `policies`: those that name the Service, in any order. */
export function policedTraffic(service: Located<Service>, policies: readonly Located<TrafficPolicy>[]): PolicedTraffic {
  if (policies.length === 0) {
    const { traffic, issues } = serviceTraffic(service);
    return { attachments: NO_ATTACHMENTS, issues, trafficOf: () => traffic };
  }
  const attachments = attachmentsOf(service.object, policies);
  const byPort = new Map<string | undefined, ServiceTraffic>();
  const issues = new Map<string, Issue>();
  for (const name of new Set([undefined, ...service.object.spec.ports.map((port) => port.name)])) {
    const said = serviceTraffic(service, saidOf(attachments, name));
    byPort.set(name, said.traffic);
    // What several ports share is told once.
    for (const issue of said.issues) issues.set(JSON.stringify(issue), issue);
  }
  const overridden = checkOverridden(service, saidOf(attachments, undefined));
  return {
    attachments,
    issues: [...issues.values(), ...overridden, ...checkAttachments(service.object, attachments)],
    trafficOf: (port) => byPort.get(port.name) ?? serviceTraffic(service).traffic,
  };
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
