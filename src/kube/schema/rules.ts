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

/** `value` has the form that `schema` wants. The outer one's rules come first. */
export function checkRules(schema: Schema, value: unknown, path: string, book: RuleBook, report: Report): void {
  for (const rule of schema['x-kubernetes-validations'] ?? []) checkRule(rule, value, path, book, report);
  if (isMapping(value)) {
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      if (value[key] !== undefined) checkRules(property, value[key], joinPath(path, key), book, report);
    }
  } else if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    for (const [index, item] of value.entries()) checkRules(items, item, joinPath(path, index), book, report);
  }
}

/** A rule that cannot be evaluated does not hold, as for the API server. */
function checkRule(rule: Rule, value: unknown, path: string, book: RuleBook, report: Report): void {
  const [message = '', remedy = 'mend it'] = rule.message.split('; ');
  try {
    if (!book.holds(rule, value)) report(path, message, remedy);
  } catch (error) {
    report(path, `could not be checked by "${rule.rule}": ${messageOf(error)}`, 'mend the values that it names');
  }
}
