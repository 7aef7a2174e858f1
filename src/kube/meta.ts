// What every Kubernetes object has in common: metadata, and the place in a file that it came from.
import type { Place } from '../base/result.ts';
import { type Fields, type IntegerRange, withoutUndefined } from './fields.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, type NameRule } from './name-rule.ts';

export type StringMap = Readonly<Record<string, string>>;

/** Source: ObjectMeta of the Kubernetes API, the fields that we use. */
export interface ObjectMeta {
  readonly name: string;
  /** `default` where the manifest names none; '' for kinds that stand outside namespaces. */
  readonly namespace: string;
  readonly uid?: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  /** Grows with each change of the spec; absent in manifests. */
  readonly generation?: number;
  readonly creationTimestamp?: string;
  /** RFC 3339; set = the object is on its way out. */
  readonly deletionTimestamp?: string;
  /** What made it and looks after it. */
  readonly owner?: OwnerReference;
}

/** Source: OwnerReference of the Kubernetes API. */
export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
}

/** Where an object was read. Origins are equal only by identity; what they point at never changes. */
export interface Origin {
  /** The file (or, for an API server, the resource) as its owner would name it. */
  readonly source: string;
  /** Line at which the object begins, from 1; absent where there are no lines. */
  readonly line?: number;
  /**
   * Line of a path such as `spec.ports[0].targetPort` or `metadata.labels['app.kubernetes.io/name']`; where the path is
   * not written out, of its nearest ancestor. It may read the document again: for problems, not for the usual case.
   */
  lineOf(path: string): number | undefined;
}

/** An object and its place. While nothing changed in the object or its lines, it stays the same reference. */
export interface Located<T> {
  readonly object: T;
  readonly origin: Origin;
}

/** The place of `path` inside `located`, for an Issue. */
export function placeOf(located: Located<unknown>, path: string): Place {
  const { origin } = located;
  return withoutUndefined({ source: origin.source, line: origin.lineOf(path), path: path === '' ? undefined : path });
}

/** An object that stands in no file: made by a program or a test. */
export function locate<T>(object: T, source: string): Located<T> {
  return { object, origin: { source, lineOf: () => undefined } };
}

export interface MetaRules {
  readonly namespaced: boolean;
  readonly name: NameRule;
}

const GENERATION_RANGE: IntegerRange = { min: 0, max: Number.MAX_SAFE_INTEGER };

export function readMeta(fields: Fields | undefined, rules: MetaRules): ObjectMeta {
  if (fields === undefined) return { name: '', namespace: '', labels: {}, annotations: {} };
  const name = fields.requiredText('name');
  if (name !== '') fields.checkName('name', name, rules.name);
  return withoutUndefined({
    name,
    namespace: rules.namespaced ? readNamespace(fields) : '',
    uid: fields.text('uid'),
    labels: fields.stringMap('labels'),
    annotations: fields.stringMap('annotations'),
    generation: fields.integer('generation', GENERATION_RANGE),
    creationTimestamp: fields.text('creationTimestamp'),
    deletionTimestamp: fields.text('deletionTimestamp'),
    owner: readOwner(fields),
  });
}

/** Of several the one that is marked as controller. */
function readOwner(fields: Fields): OwnerReference | undefined {
  const owners = fields.list('ownerReferences', (item) => ({
    owner: { kind: item.requiredText('kind'), name: item.requiredText('name') },
    isController: item.flag('controller') === true,
  }));
  return (owners.find(({ isController }) => isController) ?? owners[0])?.owner;
}

/** The metadata of a pod template: names and namespaces come from its workload. */
export interface TemplateMeta {
  readonly labels: StringMap;
  readonly annotations: StringMap;
}

export function readTemplateMeta(fields: Fields | undefined): TemplateMeta {
  return { labels: fields?.stringMap('labels') ?? {}, annotations: fields?.stringMap('annotations') ?? {} };
}

function readNamespace(fields: Fields): string {
  const namespace = fields.text('namespace');
  if (namespace === undefined || namespace === '') return 'default';
  fields.checkName('namespace', namespace, DNS_LABEL);
  return namespace;
}

export const NAMESPACED: MetaRules = { namespaced: true, name: DNS_SUBDOMAIN };
export const CLUSTER_SCOPED: MetaRules = { namespaced: false, name: DNS_LABEL };
