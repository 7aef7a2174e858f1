// What a TrafficPolicy may say, and what is told of one that is wrong.
import { renderIssue } from '../../../src/base/result.ts';
import { parseManifest } from '../../../src/kube/parse-manifest.ts';
import { RuleBook } from '../../../src/kube/schema/rules.ts';
import type { Rule, Schema } from '../../../src/kube/schema/schema.ts';
import { TRAFFIC_POLICY_SPEC } from '../../../src/kube/traffic-policy/traffic-policy.ts';
import { resolvePlainScalar } from '../../../src/kube/yaml-scalar.ts';
import { POLICY_CASES } from '../../support/policy-cases.ts';

const HEAD = 'apiVersion: switchboard.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: {name: policy}\n';

describe('a TrafficPolicy in a folder', () => {
  it.each(POLICY_CASES)('is read with every problem at once: $name', ({ spec, problems }) => {
    const { objects, issues } = parseManifest(`${HEAD}spec: ${spec}\n`, 'policy.yaml');
    expect(issues.map((issue) => renderIssue(issue).replace('policy.yaml:4: ', ''))).toEqual(problems);
    expect(objects).toHaveLength(problems.length === 0 ? 1 : 0);
  });

  it('has its rules asked of the sections that have the right form, whatever is wrong with others', () => {
    const sections = [
      'timeout: {request: 1s}',
      'retries: {attempts: -1, backoff: {baseInterval: 1s, maxInterval: 10ms}}',
      'outlierDetection: {baseEjectionTime: 10m, maxEjectionTime: 5m}',
    ];
    const { issues } = parseManifest(`${HEAD}spec: {targetRefs: [{name: a}], ${sections.join(', ')}}\n`, 'p.yaml');
    expect(issues.map(({ path, message }) => `${path} ${message}`).sort()).toEqual([
      'spec.outlierDetection has a baseEjectionTime above its maxEjectionTime',
      'spec.retries.attempts must be from 0 to 10, not -1',
      'spec.retries.backoff has a baseInterval above its maxInterval',
      'spec.timeout is not a field that is known here',
    ]);
  });

  it('tells the line of each problem', () => {
    const text = `${HEAD}spec:\n  targetRefs:\n  - name: web\n  timeouts:\n    connect: 1d\n  loadBalancer:\n    type: rr\n`;
    const { issues } = parseManifest(text, 'policy.yaml');
    expect(issues.map(({ line, path }) => `${line} ${path}`)).toEqual([
      '8 spec.timeouts.connect',
      '10 spec.loadBalancer.type',
    ]);
  });

  it('without a spec says so', () => {
    expect(parseManifest(HEAD, 'policy.yaml').issues.map(renderIssue)).toEqual([
      'policy.yaml:1: spec: is missing; add it',
    ]);
  });

  it('is not read in another version, which is told', () => {
    const { issues } = parseManifest(
      '{apiVersion: switchboard.dev/v1, kind: TrafficPolicy, metadata: {name: a}}',
      'p.yaml',
    );
    expect(issues.map(renderIssue)).toEqual([
      'p.yaml:1: apiVersion: TrafficPolicy is not read in version "switchboard.dev/v1"; write "apiVersion: switchboard.dev/v1alpha1"',
    ]);
  });

  it('that brings 30 problems tells 20 of them', () => {
    const unknown = Array.from({ length: 30 }, (_, i) => `x${i}: 1`).join(', ');
    const { issues } = parseManifest(`${HEAD}spec: {targetRefs: [{name: a}], ${unknown}}`, 'p.yaml');
    expect(issues).toHaveLength(20);
  });
});

describe('the schema of TrafficPolicy', () => {
  const rules = rulesOf(TRAFFIC_POLICY_SPEC as unknown as Schema);

  it('has rules that can be read, each with what is wrong and what to do', () => {
    expect(rules.length).toBeGreaterThan(10);
    const book = new RuleBook();
    for (const { rule, message } of rules) {
      expect(message.split('; ')).toHaveLength(2);
      // Of nothing at all a rule can't be asked, but it has been read before that is found out.
      const asked = () => book.holds({ rule, message }, undefined);
      expect(asked).not.toThrow(/ParseError/);
    }
  });

  it('uses no word that kubectl reads as something else, such as on and off', () => {
    const words = wordsOf(TRAFFIC_POLICY_SPEC as unknown as Schema);
    expect(words.length).toBeGreaterThan(50);
    expect(words.filter((word) => resolvePlainScalar(word) !== word)).toEqual([]);
  });

  it('describes every field', () => {
    expect(undescribed('spec', TRAFFIC_POLICY_SPEC as unknown as Schema)).toEqual([]);
  });
});

function rulesOf(schema: Schema): Rule[] {
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items === undefined ? [] : [schema.items])];
  return [...(schema['x-kubernetes-validations'] ?? []), ...inner.flatMap(rulesOf)];
}

function undescribed(path: string, schema: Schema): string[] {
  const own = schema.description === undefined ? [path] : [];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => undescribed(`${path}.${name}`, one));
  return [...own, ...inner, ...(schema.items === undefined ? [] : undescribed(`${path}[]`, schema.items))];
}

/** Names of fields and values, but for the empty one. */
function wordsOf(schema: Schema): string[] {
  const values = (schema.enum ?? []).filter((value): value is string => typeof value === 'string' && value !== '');
  const names = Object.keys(schema.properties ?? {});
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items === undefined ? [] : [schema.items])];
  return [...values, ...names, ...inner.flatMap(wordsOf)];
}
