// What rules of all routes of Gateway API have in common.
import type { Fields } from './fields.ts';

interface Rule {
  readonly name?: string;
  readonly matches: readonly unknown[];
}

/** Source: the schema of gateway.networking.k8s.io/v1. */
const MAX_RULES = 16;
const MAX_MATCHES = 128;

export function checkRules(spec: Fields, rules: readonly Rule[]): void {
  if (rules.length > MAX_RULES) spec.report('rules', `has ${rules.length} rules`, `use at most ${MAX_RULES}`);
  const matches = rules.reduce((sum, rule) => sum + rule.matches.length, 0);
  if (matches > MAX_MATCHES) spec.report('rules', `has ${matches} matches`, `use at most ${MAX_MATCHES}`);
  const names = new Set<string>();
  for (const { name } of rules) {
    if (name === undefined) continue;
    if (names.has(name)) spec.report('rules', `has two rules named "${name}"`, 'give each rule its own name');
    names.add(name);
  }
}
