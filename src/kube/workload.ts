// Deployments and StatefulSets: how many pods of one template there should be.
import { COUNT_RANGE, type Fields, withoutUndefined } from './fields.ts';
import { NAMESPACED, type ObjectMeta, readMeta, readTemplateMeta, type TemplateMeta } from './meta.ts';
import { type PodSpec, readPodSpec } from './pod.ts';
import { type LabelSelector, matchesSelector, readLabelSelector, renderSelector } from './selector.ts';

export interface PodTemplate {
  readonly metadata: TemplateMeta;
  readonly spec: PodSpec;
}

/** Source: apps/v1.Deployment. */
export interface Deployment {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'Deployment';
  readonly metadata: ObjectMeta;
  readonly spec: DeploymentSpec;
}

export interface DeploymentSpec {
  /** Default 1. */
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  /** Default 0. */
  readonly minReadySeconds: number;
}

/** Source: apps/v1.StatefulSet. */
export interface StatefulSet {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'StatefulSet';
  readonly metadata: ObjectMeta;
  readonly spec: StatefulSetSpec;
}

export interface StatefulSetSpec extends DeploymentSpec {
  /** The headless Service that gives its pods their names; '' = none. */
  readonly serviceName: string;
  /** Default OrderedReady. */
  readonly podManagementPolicy: 'OrderedReady' | 'Parallel';
}

export type Workload = Deployment | StatefulSet;

export function readDeployment(fields: Fields): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    spec: readWorkloadSpec(fields.requiredMap('spec')),
  };
}

export function readStatefulSet(fields: Fields): StatefulSet {
  const spec = fields.requiredMap('spec');
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    spec: {
      ...readWorkloadSpec(spec),
      serviceName: spec?.textOr('serviceName', '') ?? '',
      podManagementPolicy: spec?.oneOf('podManagementPolicy', ['OrderedReady', 'Parallel']) ?? 'OrderedReady',
    },
  };
}

function readWorkloadSpec(fields: Fields | undefined): DeploymentSpec {
  const selector = readLabelSelector(fields?.requiredMap('selector'));
  const template = readTemplate(fields?.requiredMap('template'));
  if (fields !== undefined) checkSelector(fields, selector, template);
  return withoutUndefined({
    replicas: fields?.integer('replicas', COUNT_RANGE) ?? 1,
    selector,
    template,
    minReadySeconds: fields?.integer('minReadySeconds', COUNT_RANGE) ?? 0,
  });
}

function readTemplate(fields: Fields | undefined): PodTemplate {
  const spec = fields?.requiredMap('spec');
  if (spec !== undefined && !spec.has('containers')) spec.report('containers', 'is missing', 'add a container');
  return { metadata: readTemplateMeta(fields?.map('metadata')), spec: readPodSpec(spec) };
}

/** The API server refuses a workload that would not find its own pods. */
function checkSelector(fields: Fields, selector: LabelSelector, template: PodTemplate): void {
  if (matchesSelector(selector, template.metadata.labels)) return;
  fields.report(
    'selector',
    `"${renderSelector(selector)}" does not match the labels of the template`,
    'give both the same labels',
  );
}
