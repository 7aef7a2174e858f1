// ConfigMaps and Namespaces.
import type { Fields } from './fields.ts';
import { CLUSTER_SCOPED, NAMESPACED, type ObjectMeta, readMeta, type StringMap } from './meta.ts';

/** Source: v1.ConfigMap. */
export interface ConfigMap {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly metadata: ObjectMeta;
  readonly data: StringMap;
  /** Base64. */
  readonly binaryData: StringMap;
}

/** Source: v1.Namespace. */
export interface Namespace {
  readonly apiVersion: 'v1';
  readonly kind: 'Namespace';
  readonly metadata: ObjectMeta;
}

export function readConfigMap(fields: Fields): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    data: fields.stringMap('data'),
    binaryData: fields.stringMap('binaryData'),
  };
}

export function readNamespace(fields: Fields): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: readMeta(fields.requiredMap('metadata'), CLUSTER_SCOPED) };
}
