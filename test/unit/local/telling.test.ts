// What people are told: problems, changes, when everything is up, and how it all looks.
import { errorIssue, warningIssue } from '../../../src/base/result.ts';
import { Announcer } from '../../../src/local/announcer.ts';
import type { MeshEvent, PodRow } from '../../../src/local/events.ts';
import { IssueBoard } from '../../../src/local/issue-board.ts';
import { objectChanges } from '../../../src/local/object-changes.ts';
import { ansiPaint, plainPaint, renderEvent, renderPodTable } from '../../../src/local/render-event.ts';
import { findTryUrl } from '../../../src/local/try-url.ts';
import { manifests } from '../../support/manifests.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const POD: PodRow = {
  namespace: 'default',
  name: 'my-api-x7f2k',
  address: '127.1.0.3',
  ports: [8080],
  state: 'ready',
  restarts: 0,
  outbound: [],
};
const CLIENT: PodRow = {
  ...POD,
  namespace: 'shop',
  name: 'client',
  address: '127.1.0.4',
  ports: [],
  outbound: ['127.1.0.4:15001', '127.0.0.1:15001'],
};

function lines(event: MeshEvent): readonly string[] {
  return renderEvent(event, plainPaint);
}

describe('the first lines', () => {
  const started = (adminAddress: string): readonly string[] =>
    lines({ kind: 'started', folder: 'a', logs: '/l', xdsAddress: '127.0.0.1:15110', adminAddress });

  it('say where other commands find a control plane that is not at its usual place', () => {
    expect(started('127.0.0.1:15114').at(-1)).toBe(
      '  look inside      switchboard endpoints --control-plane 127.0.0.1:15114 (status too)',
    );
    expect(started('127.0.0.1:15014').at(-1)).toBe('  output of pods   /l');
  });
});

describe('IssueBoard', () => {
  it('tells a problem once when it appears and once when it is gone, whoever finds it', () => {
    const told: string[] = [];
    const board = new IssueBoard((event) => {
      if (event.kind === 'issue' || event.kind === 'issue-resolved') told.push(`${event.kind} ${event.issue.message}`);
    });
    board.set('folder', [errorIssue('a'), warningIssue('b')]);
    board.set('folder', [errorIssue('a'), warningIssue('b')]);
    board.set('pods', [errorIssue('a')]);
    expect(told.splice(0)).toEqual(['issue a', 'issue b']);
    board.set('folder', [errorIssue('a', { line: 9 })]);
    expect(told.splice(0)).toEqual(['issue-resolved b']);
    board.set('folder', []);
    expect(told.splice(0)).toEqual([]);
    board.set('pods', []);
    expect(told.splice(0)).toEqual(['issue-resolved a']);
    board.close();
    board.set('pods', [errorIssue('c')]);
    expect(told).toEqual([]);
  });
});

describe('Announcer', () => {
  function scene() {
    const clock = new ManualClock();
    const told: MeshEvent[] = [];
    const announcer = new Announcer({
      clock,
      report: (event) => told.push(event),
      pods: () => [POD],
      tryUrl: () => 'http://my-api-service/data',
      waiting: () => ['default/my-api-x7f2k: container app is starting'],
    });
    return { clock, told, announcer };
  }

  it('says that everything is up when it first is, and again only after a pod has changed', () => {
    const { announcer, told } = scene();
    announcer.idle(false);
    announcer.idle(true);
    announcer.idle(true);
    expect(told.map((event) => event.kind === 'settled' && event.first)).toEqual([true]);
    announcer.hear({ kind: 'pod', pod: POD, change: { kind: 'gone' } });
    announcer.idle(true);
    expect(told.map((event) => event.kind === 'settled' && event.first)).toEqual([true, false]);
  });

  it('says after ten seconds what is still missing', () => {
    const { announcer, clock, told } = scene();
    clock.advance(10_000);
    expect(told).toEqual([{ kind: 'note', text: 'still waiting for default/my-api-x7f2k: container app is starting' }]);
    announcer.close();
    const ready = scene();
    ready.announcer.idle(true);
    ready.clock.advance(10_000);
    expect(ready.told).toHaveLength(1);
  });
});

describe('objectChanges', () => {
  const service = (port: number) =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ port: ${port} }] }\n`;
  const deployment = (replicas: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: a }] } }
`;

  it('tells what was added, changed and removed, and from where to where replicas went', () => {
    const before = manifests(`${service(80)}---${deployment(3)}`);
    const after = manifests(`${deployment(10)}---\n${service(80).replace('name: a', 'name: b')}`);
    expect(objectChanges(before, after).flatMap(lines)).toEqual([
      'Deployment default/web changed: replicas 3 → 10',
      'Service default/b added',
      'Service default/a removed',
    ]);
    expect(objectChanges(before, manifests(`${deployment(3)}---\n${service(80)}`))).toEqual([]);
    expect(objectChanges(before, manifests(`${service(81)}---${deployment(3)}`)).flatMap(lines)).toEqual([
      'Service default/a changed',
    ]);
  });
});

describe('findTryUrl', () => {
  const service = (name: string, namespace: string, ports: string, more = '') =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: { ports: [${ports}]${more} }\n---\n`;

  it('prefers a Service of the caller, on port 80', () => {
    const all = manifests(
      service('far', 'other', '{ port: 80 }') +
        service('near', 'shop', '{ port: 8443, name: a }, { port: 80, name: b }'),
    );
    expect(findTryUrl(all, 'shop')).toBe('http://near/data');
    expect(findTryUrl(all, 'default')).toBe('http://far.other/data');
  });

  it('prefers a Service that has pods to a nearer one without', () => {
    const lonely = service('alone', 'shop', '{ port: 80 }', ', selector: { app: gone }');
    const served = service('web', 'shop', '{ port: 80 }', ', selector: { app: web }');
    const elsewhere = service('far', 'other', '{ port: 80 }', ', selector: { app: web }');
    const pod = (namespace: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: web-1, namespace: ${namespace}, labels: { app: web } }\nspec: { containers: [{ name: c, image: x }] }\n---\n`;
    expect(findTryUrl(manifests(lonely + served + pod('shop')), 'shop')).toBe('http://web/data');
    expect(findTryUrl(manifests(lonely + elsewhere + pod('other')), 'shop')).toBe('http://far.other/data');
  });

  it('names another port, and knows no Service that can not be called', () => {
    expect(findTryUrl(manifests(service('a', 'shop', '{ port: 8080 }')), 'shop')).toBe('http://a:8080/data');
    expect(findTryUrl(manifests(service('a', 'shop', '{ port: 53, protocol: UDP }')), 'shop')).toBeNull();
    expect(
      findTryUrl(manifests(service('a', 'shop', '{ port: 80 }', ', type: ExternalName, externalName: x.org')), 'shop'),
    ).toBeNull();
  });
});

describe('renderEvent', () => {
  it('tells of a pod in one line with its name, state, address and reason', () => {
    expect(lines({ kind: 'pod', pod: POD, change: { kind: 'ready' } })).toEqual([
      'pod my-api-x7f2k ready 127.1.0.3:8080',
    ]);
    expect(lines({ kind: 'pod', pod: CLIENT, change: { kind: 'not ready', reason: 'GET / answered 503' } })).toEqual([
      'pod shop/client not ready 127.1.0.4: GET / answered 503',
    ]);
    expect(lines({ kind: 'pod', pod: POD, change: { kind: 'stopping', reason: 'scaled-down' } })).toEqual([
      'pod my-api-x7f2k stopping: scaled down',
    ]);
  });

  it('ends the start with a table, a line that begins with ready, and a curl line to paste', () => {
    const event: MeshEvent = {
      kind: 'settled',
      pods: [CLIENT, POD],
      first: true,
      tryUrl: 'http://my-api-service/data',
    };
    expect(lines(event)).toEqual([
      '',
      'POD            ADDRESS          STATE   CALLS GO OUT THROUGH',
      'my-api-x7f2k   127.1.0.3:8080   ready   -',
      'shop/client    127.1.0.4        ready   127.1.0.4:15001, 127.0.0.1:15001',
      '',
      'ready  2 pods up; edit the manifests and watch, Ctrl-C ends it',
      'curl -x http://127.0.0.1:15001 http://my-api-service/data',
    ]);
  });

  it('says what is missing where no pod has a sidecar', () => {
    const event: MeshEvent = { kind: 'settled', pods: [POD], first: true, tryUrl: 'http://a/data' };
    expect(lines(event).at(-1)).toContain('switchboard.dev/inject: enabled');
  });

  it('tells a problem with its place and remedy, and its end without', () => {
    const issue = errorIssue('two Services', {
      source: 'a.yaml',
      line: 3,
      path: 'spec.clusterIP',
      remedy: 'give one another',
    });
    expect(lines({ kind: 'issue', issue })).toEqual(['error a.yaml:3: spec.clusterIP: two Services; give one another']);
    expect(lines({ kind: 'issue-resolved', issue })).toEqual(['resolved a.yaml:3: spec.clusterIP: two Services']);
  });

  it('puts colours only where they are asked for', () => {
    expect(renderEvent({ kind: 'pod', pod: POD, change: { kind: 'ready' } }, ansiPaint)).toEqual([
      '\u001b[32mpod my-api-x7f2k ready 127.1.0.3:8080\u001b[0m',
    ]);
    expect(renderPodTable([POD], plainPaint).join()).not.toContain('\u001b');
  });
});
