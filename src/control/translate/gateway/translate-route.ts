// One route of Gateway API, before anybody looks at it from a Service: its parents, its rules, and what is wrong with it.
import type { Issue } from '../../../base/result.ts';
import { meantParents, type TranslatedParent, translateParents } from './parents.ts';
import { problemIssue, problemWarning } from './problem.ts';
import type { RouteInputs } from './route-inputs.ts';
import { type TranslatedRule, translateRules } from './translate-rule.ts';

/** Immutable. */
export interface TranslatedRoute {
  readonly inputs: RouteInputs;
  /** Those that are Services. */
  readonly parents: readonly TranslatedParent[];
  readonly rules: readonly TranslatedRule[];
  readonly issues: readonly Issue[];
}

export function translateRoute(inputs: RouteInputs, clusterDomain: string): TranslatedRoute {
  const parents = translateParents(inputs);
  // Routes of gateways alone are none of ours, and neither is what is wrong with them.
  if (parents.length === 0) {
    return {
      inputs,
      parents,
      rules: [],
      issues: meantParents(inputs).map((problem) => problemWarning(inputs, problem)),
    };
  }
  const rules = translateRules(inputs, clusterDomain);
  const problems = [...parents.flatMap(({ problem }) => problem ?? []), ...rules.flatMap((rule) => rule.problems)];
  const omissions = rules.flatMap((rule) => rule.omissions).map((omission) => problemWarning(inputs, omission));
  return {
    inputs,
    parents,
    rules,
    issues: [...problems.map((problem) => problemIssue(inputs, problem)), ...omissions],
  };
}
