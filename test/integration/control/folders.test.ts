// Promises of the control plane over real folders: manifests in one, what was observed of their pods in another.
import { systemClock } from '../../../src/base/clock.ts';
import { renderIssue } from '../../../src/base/result.ts';
import { ControlPlane, type MeshState } from '../../../src/control/control-plane.ts';
import { FileRegistry } from '../../../src/control/registry/file.ts';
import { Emissions } from '../../support/emissions.ts';
import { ListLog } from '../../support/list-log.ts';
import { podText, serviceText } from '../../support/mesh-text.ts';
import { TempFolder } from '../../support/temp-folder.ts';

const A = 'outbound|80|a.default.svc.cluster.local';

function endpoints(state: MeshState): string {
  const assignment = state.snapshotFor({ namespace: 'default', outboundAddresses: [] }).endpoints.get(A);
  return (
    assignment?.localities.flatMap(({ endpoints: all }) => all.map(({ host, health }) => `${host} ${health}`)).join() ??
    'none'
  );
}

describe('the control plane over folders', () => {
  const manifests = new TempFolder();
  const observed = new TempFolder();
  const states = new Emissions<MeshState>();
  const log = new ListLog();
  const plane = new ControlPlane({
    registries: [manifests, observed].map((folder) => new FileRegistry(folder.path, systemClock)),
    clock: systemClock,
    log,
    clusterDomain: 'cluster.local',
  });

  afterAll(() => {
    plane.close();
    manifests.remove();
    observed.remove();
  });

  it('follows pods as they come, drain and go, and a manifest that breaks and is mended', async () => {
    manifests.write('services.yaml', serviceText());
    plane.subscribe(states.emit);
    plane.start();
    await states.until((state) => endpoints(state) === '');
    observed.replace('p1.yaml', podText({ name: 'p1', ip: '127.1.0.1' }));
    await states.until((state) => endpoints(state) === '127.1.0.1 healthy');
    observed.replace('p2.yaml', podText({ name: 'p2', ip: '127.1.0.2' }));
    await states.until((state) => endpoints(state) === '127.1.0.1 healthy,127.1.0.2 healthy');
    observed.replace('p1.yaml', podText({ name: 'p1', ip: '127.1.0.1', terminating: true }));
    await states.until((state) => endpoints(state) === '127.1.0.1 draining,127.1.0.2 healthy');
    manifests.replace('services.yaml', `${serviceText()}broken: [`);
    const broken = await states.until((state) => state.issues.length > 0);
    expect(endpoints(broken)).toBe('127.1.0.1 draining,127.1.0.2 healthy');
    observed.remove('p1.yaml');
    await states.until((state) => endpoints(state) === '127.1.0.2 healthy');
    manifests.replace('services.yaml', serviceText());
    const mended = await states.until((state) => state.issues.length === 0);
    expect(endpoints(mended)).toBe('127.1.0.2 healthy');
    expect(log.lines.filter((line) => line.includes('not valid YAML'))).toHaveLength(2);
    expect(states.all.at(-1)?.issues.map(renderIssue)).toEqual([]);
  });
});
