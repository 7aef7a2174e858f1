// Annotations and labels of our own, as people write them: what has no effect is told, with where it belongs.
import { renderIssue } from '../../../src/base/result.ts';
import { SHORTHANDS } from '../../../src/control/policy/policed-traffic.ts';
import { SERVICE_ANNOTATIONS } from '../../../src/kube/own-keys.ts';
import { parseManifest } from '../../../src/kube/parse-manifest.ts';

function read(text: string): { readonly kept: number; readonly problems: readonly string[] } {
  const { objects, issues } = parseManifest(text, 'a.yaml');
  return { kept: objects.length, problems: issues.map((issue) => `${issue.severity} ${renderIssue(issue)}`) };
}

function service(annotations: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  annotations: {${annotations}}\nspec: {}\n`;
}

function deployment(annotations: string, ofPods: string): string {
  const template = `template: {metadata: {labels: {a: b}, annotations: {${ofPods}}}, spec: {containers: [{name: c}]}}`;
  const spec = `{selector: {matchLabels: {a: b}}, ${template}}`;
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, annotations: {${annotations}}}\nspec: ${spec}\n`;
}

describe('an annotation of ours', () => {
  it('that a Service may have is what a section of a TrafficPolicy has as its shorthand', () => {
    expect(Object.values(SHORTHANDS).flat().sort()).toEqual([...SERVICE_ANNOTATIONS].sort());
    const all = SERVICE_ANNOTATIONS.map((name) => `${name}: x`).join(', ');
    expect(read(service(all))).toEqual({ kept: 1, problems: [] });
  });

  it('that is misspelt is told, and the Service counts', () => {
    expect(read(service('switchboard.dev/timout: 2s'))).toEqual({
      kept: 1,
      problems: [
        "warning a.yaml:5: metadata.annotations['switchboard.dev/timout']: is not known; did you mean switchboard.dev/timeout?",
      ],
    });
  });

  it('that is like no other is told with those that there are', () => {
    expect(read(service('switchboard.dev/xyzzy: x')).problems).toEqual([
      `warning a.yaml:5: metadata.annotations['switchboard.dev/xyzzy']: is not known; those that count here are ${SERVICE_ANNOTATIONS.join(', ')}`,
    ]);
  });

  it('that stands in the wrong object is told where it belongs', () => {
    expect(read(service('switchboard.dev/inject: enabled')).problems).toEqual([
      "warning a.yaml:5: metadata.annotations['switchboard.dev/inject']: has no effect here; write it into the annotations of a pod: of a workload, under spec.template.metadata",
    ]);
    expect(read(deployment('switchboard.dev/inject: enabled', 'switchboard.dev/retries: "3"')).problems).toEqual([
      "warning a.yaml:3: metadata.annotations['switchboard.dev/inject']: has no effect here; write it into the annotations of a pod: of a workload, under spec.template.metadata",
      "warning a.yaml:4: spec.template.metadata.annotations['switchboard.dev/retries']: has no effect here; write it into the annotations of a Service",
    ]);
  });

  it('that asks for a sidecar in other words than enabled and disabled is told', () => {
    expect(read(deployment('', 'switchboard.dev/inject: enable')).problems).toEqual([
      'warning a.yaml:4: spec.template.metadata.annotations[\'switchboard.dev/inject\']: has the unknown value "enable", and so no effect; did you mean enabled?',
    ]);
    const namespace =
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {switchboard.dev/inject: "true"}}\n';
    expect(read(namespace).problems).toEqual([
      'warning a.yaml:3: metadata.labels[\'switchboard.dev/inject\']: has the unknown value "true", and so no effect; write enabled or disabled',
    ]);
    expect(read(deployment('', 'switchboard.dev/inject: enabled')).problems).toEqual([]);
  });

  it('is told where somebody wrote it, not again in what an API server made of that', () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, uid: u, annotations: {switchboard.dev/inject: on1}}\nspec: {containers: []}\n';
    expect(read(pod)).toEqual({ kept: 1, problems: [] });
    expect(read(pod.replace('uid: u, ', '')).problems).toHaveLength(1);
  });

  it('of others is none of our business', () => {
    expect(read(service('prometheus.io/scrape: "true", switchboard.example/retries: "3"')).problems).toEqual([]);
  });
});
