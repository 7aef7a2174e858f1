// Renders docs/reference/traffic-policy.md from the schema of TrafficPolicy.
import type { Schema } from '../src/kube/schema/schema.ts';
import { TRAFFIC_POLICY_API_VERSION, TRAFFIC_POLICY_SPEC } from '../src/kube/traffic-policy/traffic-policy.ts';

export function renderPolicyReference(): string {
  const spec = TRAFFIC_POLICY_SPEC as unknown as Schema;
  const { targetRefs, ...sections } = spec.properties ?? {};
  const parts = Object.entries({ targetRefs, ...sections }).flatMap(([name, schema]) =>
    schema === undefined ? [] : [renderSection(name, schema)],
  );
  return `# TrafficPolicy

\`${TRAFFIC_POLICY_API_VERSION}\`, namespaced. How to use it: [guide](../guides/traffic-policy.md). Durations are texts such as \`30s\`, \`1m30s\` or
\`250ms\` (GEP-2257); percentages are numbers. **Bold** fields must be there.

${parts.join('\n')}
## What else must hold
${rulesOf('spec', spec)
  .map(({ path, message }) => `- \`${path}\`: refused when it ${message.split('; ')[0]}.`)
  .join('\n')}
`;
}

function renderSection(name: string, schema: Schema): string {
  const rows = rowsOf(schema.items ?? schema, '');
  return `## ${name}
${schema.description ?? ''}

| field | value | |
|---|---|---|
${rows.join('\n')}
`;
}

function rowsOf(schema: Schema, prefix: string): string[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}${property.type === 'array' ? '[]' : ''}`;
    const shown = required.includes(name) && property.default === undefined ? `**\`${path}\`**` : `\`${path}\``;
    const inner = property.items ?? property;
    const row = `| ${shown} | ${valuesOf(property)} | ${property.description ?? ''} |`;
    return [row, ...(inner.type === 'object' ? rowsOf(inner, `${path}.`) : [])];
  });
}

function valuesOf(schema: Schema): string {
  if (schema.type === 'array') return schema.items === undefined ? 'list' : `list of ${valuesOf(schema.items)}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value === '' ? '""' : value}\``).join(', ');
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.minimum !== undefined) return `${wholeOf(schema)}${schema.minimum} … ${schema.maximum ?? ''}`;
  if (schema.type === 'string') return isDuration(schema) ? 'duration' : 'text';
  return schema.type === 'object' ? '' : schema.type;
}

function wholeOf({ type, maximum = 0 }: Schema): string {
  return type === 'number' && maximum > 0 ? 'number ' : '';
}

function isDuration({ pattern = '' }: Schema): boolean {
  return pattern.includes('ms');
}

interface PlacedRule {
  readonly path: string;
  readonly message: string;
}

/** But for those of single durations, which say their bounds. */
function rulesOf(path: string, schema: Schema): PlacedRule[] {
  const own = schema.type === 'string' ? [] : (schema['x-kubernetes-validations'] ?? []);
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    rulesOf(`${path}.${name}`, property),
  );
  const items = schema.items === undefined ? [] : rulesOf(`${path}[]`, schema.items);
  return [...own.map(({ message }) => ({ path, message })), ...inner, ...items];
}
