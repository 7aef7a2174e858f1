// What became of each TrafficPolicy, as the status that Gateway API has for policies, and which of them counts for each port.
import { withoutUndefined } from '../../kube/fields.ts';
import type { Located } from '../../kube/meta.ts';
import { SECTION_NAMES, type SectionName, type TrafficPolicy } from '../../kube/traffic-policy/traffic-policy.ts';
import { CONTROLLER_NAME } from '../controller-name.ts';
import type { Problem, ProblemReason } from '../translate/gateway/problem.ts';
import type { TranslatedService } from '../translate/translate-service.ts';
import { type Attachment, saidOf } from './attachments.ts';
import type { DanglingTarget } from './policy-index.ts';

export interface PolicyReport {
  /** By namespace and name. */
  readonly policies: readonly ReportedPolicy[];
  /** Those that a policy counts for. */
  readonly services: readonly PolicedService[];
}

export interface ReportedPolicy {
  readonly namespace: string;
  readonly name: string;
  /** `file:line`. */
  readonly source: string;
  /** Of the version that it was computed from; absent where that stands in a file. */
  readonly uid?: string;
  readonly generation?: number;
  readonly status: { readonly ancestors: readonly AncestorStatus[] };
}

/** Source: gateway.networking.k8s.io/v1.PolicyAncestorStatus, without times. */
export interface AncestorStatus {
  readonly ancestorRef: {
    readonly group: '';
    readonly kind: 'Service';
    readonly namespace: string;
    readonly name: string;
    readonly sectionName?: string;
  };
  readonly controllerName: typeof CONTROLLER_NAME;
  readonly conditions: readonly PolicyCondition[];
}

export type PolicyCondition = AcceptedCondition | ResolvedCondition;

export interface AcceptedCondition {
  readonly type: 'Accepted';
  readonly status: 'True' | 'False';
  readonly reason: 'Accepted' | 'Conflicted' | 'TargetNotFound';
  readonly message: string;
}

/** Of policies that count and refer to something. */
export interface ResolvedCondition {
  readonly type: 'ResolvedRefs';
  readonly status: 'True' | 'False';
  readonly reason: 'ResolvedRefs' | ProblemReason;
  readonly message: string;
}

export interface PolicedService {
  readonly namespace: string;
  readonly name: string;
  readonly ports: readonly {
    readonly port: number;
    readonly name?: string;
    /** By section, the policy that it comes from; what is not here is as the Service or nobody says it. */
    readonly sections: Readonly<Partial<Record<SectionName, string>>>;
  }[];
}

export function policyReport(
  services: readonly TranslatedService[],
  dangling: readonly DanglingTarget[],
): PolicyReport {
  const policed = services.filter(({ attachments }) => attachments.length > 0);
  const rows = [...policed.flatMap(({ attachments }) => attachments.map(rowOf)), ...dangling.map(danglingRow)];
  const byPolicy = Map.groupBy(rows, ({ policy }) => policy);
  const policies = Array.from(byPolicy, ([policy, own]) => reportOf(policy, own));
  return {
    policies: policies.sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1)),
    services: policed.map(policedService),
  };
}

interface Row {
  readonly policy: Located<TrafficPolicy>;
  readonly index: number;
  readonly conditions: readonly PolicyCondition[];
}

function rowOf(attachment: Attachment): Row {
  const { policy, index, unresolved } = attachment;
  return { policy, index, conditions: [acceptedOf(attachment), ...(unresolved ? [resolvedOf(unresolved)] : [])] };
}

function acceptedOf({ sectionName, outcome }: Attachment): AcceptedCondition {
  if (outcome === 'accepted') return condition('Accepted', 'It counts.');
  if (outcome === 'no-such-port') return condition('TargetNotFound', `The Service has no port named "${sectionName}".`);
  // No place in a file: what an API server is told must not depend on where the other one was read.
  const { name } = outcome.with.object.metadata;
  return condition('Conflicted', `TrafficPolicy "${name}" is for the same target and goes before this one.`);
}

function resolvedOf([first]: readonly Problem[]): ResolvedCondition {
  const type = 'ResolvedRefs';
  if (first === undefined) return { type, status: 'True', reason: type, message: 'All that it refers to is there.' };
  return { type, status: 'False', reason: first.reason, message: `${first.path}: ${first.message}.` };
}

function danglingRow({ policy, index }: DanglingTarget): Row {
  return { policy, index, conditions: [condition('TargetNotFound', 'There is no such Service in the namespace.')] };
}

function condition(reason: AcceptedCondition['reason'], message: string): AcceptedCondition {
  return { type: 'Accepted', status: reason === 'Accepted' ? 'True' : 'False', reason, message };
}

function reportOf(policy: Located<TrafficPolicy>, rows: readonly Row[]): ReportedPolicy {
  const { metadata, spec } = policy.object;
  const { namespace, name, uid, generation } = metadata;
  const { source, line } = policy.origin;
  const ancestors = [...rows]
    .sort((left, right) => left.index - right.index)
    .map(({ index, conditions }): AncestorStatus => {
      const { name: service = '', sectionName } = spec.targetRefs[index] ?? {};
      const ref = { group: '', kind: 'Service', namespace, name: service } as const;
      const ancestorRef = sectionName === undefined ? ref : { ...ref, sectionName };
      return { ancestorRef, controllerName: CONTROLLER_NAME, conditions };
    });
  const place = line === undefined ? source : `${source}:${line}`;
  return withoutUndefined({ namespace, name, source: place, uid, generation, status: { ancestors } });
}

function policedService({ service, attachments }: TranslatedService): PolicedService {
  const { metadata, spec } = service.object;
  const ports = spec.ports.map(({ port, name }) => {
    const said = saidOf(attachments, name);
    const sections = SECTION_NAMES.flatMap((section) => {
      const policy = said[section]?.policy;
      return policy === undefined ? [] : [[section, policy.object.metadata.name] as const];
    });
    return { port, ...(name === undefined ? {} : { name }), sections: Object.fromEntries(sections) };
  });
  return { namespace: metadata.namespace, name: metadata.name, ports };
}

function sortKey({ namespace, name }: ReportedPolicy): string {
  return `${namespace} ${name}`;
}
