// Label selectors: which objects a Service or a workload means.
import type { Fields } from './fields.ts';
import type { StringMap } from './meta.ts';

/** Source: meta/v1.LabelSelector; all requirements must hold, and an empty one matches everything. */
export interface LabelSelector {
  readonly matchLabels: StringMap;
  readonly matchExpressions: readonly LabelRequirement[];
}

export const SELECTOR_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;
export type SelectorOperator = (typeof SELECTOR_OPERATORS)[number];

export interface LabelRequirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

/** The equality form that Services use: every pair must be there. An empty one matches everything. */
export function matchesLabels(wanted: StringMap, labels: StringMap): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
}

export function matchesSelector(selector: LabelSelector, labels: StringMap): boolean {
  return (
    matchesLabels(selector.matchLabels, labels) &&
    selector.matchExpressions.every((requirement) => matchesRequirement(requirement, labels))
  );
}

/** An absent label satisfies NotIn and DoesNotExist, as in Kubernetes. */
function matchesRequirement(requirement: LabelRequirement, labels: StringMap): boolean {
  const value = labels[requirement.key];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** As kubectl prints it: `app=a,tier in (x,y),!old`. */
export function renderSelector(selector: LabelSelector): string {
  return [renderLabels(selector.matchLabels), ...selector.matchExpressions.map(renderRequirement)]
    .filter((part) => part !== '')
    .join(',');
}

export function renderLabels(labels: StringMap): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function renderRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}

export function readLabelSelector(fields: Fields | undefined): LabelSelector {
  return {
    matchLabels: fields?.stringMap('matchLabels') ?? {},
    matchExpressions: fields?.list('matchExpressions', readRequirement) ?? [],
  };
}

function readRequirement(fields: Fields): LabelRequirement {
  if (!fields.has('operator')) fields.report('operator', 'is missing', `add one of ${SELECTOR_OPERATORS.join(', ')}`);
  const operator = fields.oneOf('operator', SELECTOR_OPERATORS) ?? 'Exists';
  const values = fields.texts('values') ?? [];
  const needsValues = operator === 'In' || operator === 'NotIn';
  if (needsValues && values.length === 0) fields.report('values', `is empty, but ${operator} compares`, 'add a value');
  if (!needsValues && values.length > 0) fields.report('values', `has no meaning for ${operator}`, 'remove it');
  return { key: fields.requiredText('key'), operator, values };
}
