// Asks the conditions of a schema, which are written in CEL as the API server evaluates them.
import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { messageOf } from '../../base/coded-error.ts';
import { joinPath } from '../field-path.ts';
import { isMapping, type Report } from '../fields.ts';
import loadCel from './load-cel.cjs';
import type { Rule, Schema } from './schema.ts';

/** Rules that were asked before, ready to be asked again. */
export class RuleBook {
  #environment: Environment | null = null;
  readonly #compiled = new Map<Rule, ParseResult>();

  /** Throws where the rule itself cannot be evaluated for this value. */
  holds(rule: Rule, self: unknown): boolean {
    let compiled = this.#compiled.get(rule);
    if (compiled === undefined) {
      this.#environment ??= new (loadCel().Environment)({ unlistedVariablesAreDyn: true });
      compiled = this.#environment.parse(rule.rule);
      this.#compiled.set(rule, compiled);
    }
    return compiled({ self }) === true;
  }
}

/** What asking rules takes beside the rules. */
export interface RuleCheck {
  readonly book: RuleBook;
  /** Of a path: what is there has the form that its schema wants. Rules of others are not asked. */
  isSound(path: string): boolean;
  readonly report: Report;
}

/** The outer one's rules come first. */
export function checkRules(schema: Schema, value: unknown, path: string, check: RuleCheck): void {
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length > 0 && check.isSound(path)) for (const rule of rules) checkRule(rule, value, path, check);
  if (isMapping(value)) {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (value[key] !== undefined) checkRules(property, value[key], joinPath(path, key), check);
    }
  } else if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    for (const [index, item] of value.entries()) checkRules(items, item, joinPath(path, index), check);
  }
}

/** A rule that cannot be evaluated does not hold, as for the API server. */
function checkRule(rule: Rule, value: unknown, path: string, { book, report }: RuleCheck): void {
  const [message = '', remedy = 'mend it'] = rule.message.split('; ');
  try {
    if (!book.holds(rule, value)) report(path, message, remedy);
  } catch (error) {
    report(path, `could not be checked by "${rule.rule}": ${messageOf(error)}`, 'mend the values that it names');
  }
}
