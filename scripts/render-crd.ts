// Renders the CustomResourceDefinition of TrafficPolicy from the schema that manifests are read by.
import { stringify } from 'yaml';
import type { Schema } from '../src/kube/schema/schema.ts';
import { TRAFFIC_POLICY_SPEC } from '../src/kube/traffic-policy/traffic-policy.ts';

type OpenApi = Readonly<Record<string, unknown>>;

/** Without what is ours alone. */
export function openApiOf({ hint: _, properties, items, ...schema }: Schema): OpenApi {
  const own = Object.entries(properties ?? {}).map(([name, property]) => [name, openApiOf(property)]);
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(own) }),
    ...(items === undefined ? {} : { items: openApiOf(items) }),
  };
}

const text = (description: string, maxLength: number): OpenApi => ({ type: 'string', description, maxLength });

/** Source: Gateway API, PolicyStatus and metav1.Condition. */
const STATUS: OpenApi = {
  type: 'object',
  description: 'What became of the policy, for each of its targets.',
  properties: {
    ancestors: {
      type: 'array',
      maxItems: 16,
      items: {
        type: 'object',
        required: ['ancestorRef', 'controllerName'],
        properties: {
          ancestorRef: {
            type: 'object',
            required: ['name'],
            properties: {
              group: text('Of a Service: none.', 253),
              kind: text('Service.', 63),
              namespace: text('Of the Service.', 63),
              name: text('Of the Service.', 253),
              sectionName: text('The name of its port; absent = the whole Service.', 253),
            },
          },
          controllerName: text('Who says it.', 253),
          conditions: {
            type: 'array',
            maxItems: 8,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['type'],
            items: {
              type: 'object',
              required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
              properties: {
                type: text('Accepted or ResolvedRefs.', 316),
                status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
                reason: text(
                  'Why, in one word: Accepted, Conflicted, TargetNotFound, Invalid; of ResolvedRefs BackendNotFound, RefNotPermitted.',
                  1_024,
                ),
                message: text('In words.', 32_768),
                observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
                lastTransitionTime: { type: 'string', format: 'date-time' },
              },
            },
          },
        },
      },
    },
  },
};

/** Of the first target: a column shows one value. */
function acceptedPath(field: string): string {
  return `.status.ancestors[0].conditions[?(@.type=="Accepted")].${field}`;
}

const VERSION: OpenApi = {
  name: 'v1alpha1',
  served: true,
  storage: true,
  subresources: { status: {} },
  additionalPrinterColumns: [
    { name: 'Target', type: 'string', jsonPath: '.spec.targetRefs[0].name' },
    { name: 'Accepted', type: 'string', jsonPath: acceptedPath('status') },
    { name: 'Reason', type: 'string', jsonPath: acceptedPath('reason') },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  schema: {
    openAPIV3Schema: {
      type: 'object',
      description:
        'How the callers of Services behave: which pod they choose, how long they wait, whom they leave out.',
      required: ['spec'],
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { type: 'object' },
        spec: openApiOf(TRAFFIC_POLICY_SPEC as unknown as Schema),
        status: STATUS,
      },
    },
  },
};

const CRD: OpenApi = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'trafficpolicies.switchboard.dev',
    // Policies are the users' own: they stay when the chart goes.
    annotations: { 'helm.sh/resource-policy': 'keep' },
    labels: { 'gateway.networking.k8s.io/policy': 'Direct' },
  },
  spec: {
    group: 'switchboard.dev',
    scope: 'Namespaced',
    names: {
      kind: 'TrafficPolicy',
      listKind: 'TrafficPolicyList',
      plural: 'trafficpolicies',
      singular: 'trafficpolicy',
      categories: ['gateway-api'],
    },
    versions: [VERSION],
  },
};

export function renderTrafficPolicyCrd(): string {
  // Kubernetes' parser keeps words of YAML 1.1 such as `off`.
  const yaml = stringify(CRD, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' });
  // It is a template of the chart, too.
  if (yaml.includes('{{'))
    throw new Error('the CRD has a text that Helm would take for a template; write it otherwise');
  return yaml;
}
