// Composition root of `switchboard simulate`: files → scenario, Service and policy → runs of the same scenario.
import { readFile, stat } from 'node:fs/promises';
import { codeOf, messageOf } from '../base/coded-error.ts';
import { nearest } from '../base/nearest.ts';
import { errorIssue, fail, type Issue, ok, type Result } from '../base/result.ts';
import { FolderReader } from '../kube/folder-reader.ts';
import type { Located } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import { parseManifest } from '../kube/parse-manifest.ts';
import type { Service } from '../kube/service.ts';
import { parseScenario } from '../simulate/parse-scenario.ts';
import type { ScenarioSpec } from '../simulate/scenario-spec.ts';
import { SCENARIOS } from '../simulate/scenarios.ts';
import { Simulation } from '../simulate/simulation.ts';
import { type SimulationSummary, summarize } from '../simulate/summary.ts';
import { createSimulatedPlane } from './simulated-plane.ts';

export interface SimulateOptions {
  /** Files or folders of manifests, a run each; null = a Service that says nothing but what the scenario does. */
  readonly policies: readonly (string | null)[];
  /** `NAMESPACE/NAME` or `NAME`; null = the only one. */
  readonly service: string | null;
  /** Name of a row of SCENARIOS, or a file. */
  readonly scenario: string;
  /** As of SimulationOptions. */
  readonly seed: number;
}

export interface SimulateAnswer {
  readonly scenario: ScenarioSpec;
  readonly seed: number;
  /** In the order of the policies. */
  readonly runs: readonly SimulationSummary[];
  /** What a person should look at, though it ran. */
  readonly warnings: readonly Issue[];
}

interface Policy {
  readonly name: string;
  readonly objects: readonly Located<KubeObject>[];
  readonly service: Service;
  readonly warnings: readonly Issue[];
}

const LIMITS = { maxFiles: 1_000, maxFolders: 200 };
const DEFAULT_SERVICE = 'my-service';
const DEFAULTS = 'defaults';

/** Every problem of every file, or a run for each policy. */
export async function simulateFiles(options: SimulateOptions): Promise<Result<SimulateAnswer>> {
  const scenario = await readScenario(options.scenario);
  if (!scenario.ok) return scenario;
  const policies = await Promise.all(options.policies.map((path) => readPolicy(path, options.service, scenario.value)));
  const problems = policies.flatMap((policy) => (policy.ok ? [] : policy.issues));
  if (problems.length > 0) return fail(problems);
  const runs: SimulationSummary[] = [];
  const warnings: Issue[] = [];
  for (const policy of policies) {
    if (!policy.ok) continue;
    const ran = await runOnce(policy.value, scenario.value, options.seed);
    if (!ran.ok) return ran;
    runs.push(ran.value.summary);
    warnings.push(...policy.value.warnings, ...ran.value.warnings);
  }
  return ok({ scenario: scenario.value, seed: options.seed, runs, warnings });
}

async function runOnce(
  { name, objects, service }: Policy,
  scenario: ScenarioSpec,
  seed: number,
): Promise<Result<{ readonly summary: SimulationSummary; readonly warnings: readonly Issue[] }>> {
  const simulation = new Simulation({ objects, service, scenario, seed, createPlane: createSimulatedPlane });
  const outcome = await simulation.run();
  const errors = outcome.issues.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return fail(errors);
  return ok({ summary: summarize(name, outcome), warnings: outcome.issues });
}

export async function readScenario(named: string): Promise<Result<ScenarioSpec>> {
  const row = SCENARIOS.find(({ name }) => name === named);
  if (row !== undefined) {
    const parsed = parseScenario(row.yaml, row.name, row.name);
    return parsed.ok ? ok({ ...parsed.value, about: row.about }) : parsed;
  }
  const text = await readText(named);
  return text.ok ? parseScenario(text.value, named, named) : fail(text.issues.map((issue) => withNames(issue, named)));
}

/** It may have been meant as the name of a scenario. */
function withNames(issue: Issue, named: string): Issue {
  const names = SCENARIOS.map(({ name }) => name);
  const near = nearest(named, names);
  const remedy = near === null ? `name a file, or one of ${names.join(', ')}` : `did you mean ${near}?`;
  return { ...issue, remedy };
}

async function readPolicy(path: string | null, named: string | null, scenario: ScenarioSpec): Promise<Result<Policy>> {
  const manifest = path === null ? ok(defaultManifest(scenario)) : await readObjects(path);
  if (!manifest.ok) return manifest;
  const { objects, issues } = manifest.value;
  const errors = issues.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return fail(errors);
  const service = chooseService(objects, path === null ? null : named, path ?? DEFAULTS);
  if (!service.ok) return service;
  return ok({ name: path ?? DEFAULTS, objects, service: service.value, warnings: issues });
}

interface Objects {
  readonly objects: readonly Located<KubeObject>[];
  readonly issues: readonly Issue[];
}

async function readObjects(path: string): Promise<Result<Objects>> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) {
    const { contents } = await new FolderReader(path, LIMITS).scan(0, () => {});
    return ok(contents);
  }
  const text = await readText(path);
  return text.ok ? ok(parseManifest(text.value, path)) : text;
}

async function readText(path: string): Promise<Result<string>> {
  try {
    return ok(await readFile(path, 'utf8'));
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    const message = missing ? 'there is no such file' : `can't be read: ${messageOf(error)}`;
    return fail([errorIssue(message, { source: path, remedy: 'name a file that you may read' })]);
  }
}

/** What the scenario says, as manifests; they stand in no file, so that problems have no line. */
function defaultManifest({ name, annotations, load, policy }: ScenarioSpec): Objects {
  const protocol = load.grpc === true ? { appProtocol: 'kubernetes.io/h2c' } : {};
  const service = {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: DEFAULT_SERVICE, annotations } },
    spec: { ports: [{ port: 80, ...protocol }] },
  };
  const { objects, issues } = parseManifest([service, ...policyFor(policy)].map(asText).join('\n---\n'), name);
  return { objects, issues: issues.map(asOfScenario) };
}

function asText(manifest: object): string {
  return JSON.stringify(manifest);
}

function policyFor(policy: ScenarioSpec['policy']): readonly object[] {
  if (policy === undefined) return [];
  const target = { group: '', kind: 'Service', name: DEFAULT_SERVICE };
  const spec = { ...policy, targetRefs: [target] };
  return [{ apiVersion: 'switchboard.dev/v1alpha1', kind: 'TrafficPolicy', metadata: { name: DEFAULT_SERVICE }, spec }];
}

function asOfScenario({ line: _, path, ...issue }: Issue): Issue {
  return { ...issue, ...(path === undefined ? {} : { path: path.replace(/^spec\./, 'policy.') }) };
}

function chooseService(objects: Objects['objects'], named: string | null, source: string): Result<Service> {
  const services = objects.flatMap(({ object }) => (object.kind === 'Service' ? [object] : []));
  const names = services.map(fullName);
  if (named === null) {
    const [only, another] = services;
    if (only !== undefined && another === undefined) return ok(only);
    const message = only === undefined ? 'holds no Service' : `holds ${services.length} Services`;
    const remedy =
      only === undefined ? 'add the Service that is called' : `choose one: --service ${names.join(' or ')}`;
    return fail([errorIssue(message, { source, remedy })]);
  }
  const wanted = named.includes('/') ? named : `default/${named}`;
  const found = services.find((service) => fullName(service) === wanted);
  if (found !== undefined) return ok(found);
  const near = nearest(wanted, names);
  const remedy = near === null ? `it holds ${names.join(', ') || 'none'}` : `did you mean ${near}?`;
  return fail([errorIssue(`holds no Service ${wanted}`, { source, remedy })]);
}

function fullName({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}
