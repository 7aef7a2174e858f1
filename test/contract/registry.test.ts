// Promises that every registry keeps, whatever it reads from.
import { type Cancel, systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { FileRegistry } from '../../src/control/registry/file.ts';
import { REGISTRIES } from '../../src/control/registry/index.ts';
import { KubernetesRegistry } from '../../src/control/registry/kubernetes.ts';
import { MemoryRegistry } from '../../src/control/registry/memory.ts';
import type { Registry, RegistryEvent } from '../../src/control/registry/registry.ts';
import { keyOf, type ObjectKey, renderKey } from '../../src/kube/objects.ts';
import { Emissions } from '../support/emissions.ts';
import { SERVICES } from '../support/kube-resources.ts';
import { manifest, manifests } from '../support/manifests.ts';
import { serviceText } from '../support/mesh-text.ts';
import { ScriptedKube } from '../support/scripted-kube.ts';
import { TempFolder } from '../support/temp-folder.ts';

interface Subject {
  readonly registry: Registry;
  /** Makes one Service with this text be there, or gone. */
  put(name: string, text: string): void;
  remove(name: string): void;
  dispose(): void;
}

function fileSubject(): Subject {
  const folder = new TempFolder();
  return {
    registry: new FileRegistry(folder.path, systemClock),
    put: (name, text) => folder.replace(`${name}.yaml`, text),
    remove: (name) => folder.remove(`${name}.yaml`),
    dispose: () => folder.remove(),
  };
}

function memorySubject(): Subject {
  const registry = new MemoryRegistry();
  return {
    registry,
    put: (_name, text) => registry.upsert(...manifests(text)),
    remove: (name) => registry.delete({ kind: 'Service', namespace: 'default', name }),
    dispose: () => {},
  };
}

function kubernetesSubject(): Subject {
  const kube = new ScriptedKube();
  const connect = () => Promise.resolve(kube);
  const registry = new KubernetesRegistry({ connect, clock: systemClock, random: seededRandom(1), log: silentLog });
  return {
    registry,
    put(name, text) {
      const { metadata, spec } = manifest('Service', text);
      kube.put(SERVICES, { namespace: 'default', name }, { metadata: { labels: metadata.labels }, spec: { ...spec } });
    },
    remove: (name) => kube.remove(SERVICES, { namespace: 'default', name }),
    dispose: () => {},
  };
}

const SUBJECTS = { file: fileSubject, kubernetes: kubernetesSubject, memory: memorySubject } as const;

const names = (event: RegistryEvent): string[] =>
  event.kind === 'changed'
    ? [
        ...event.upserted.map(({ object }) => `+${label(keyOf(object))}`),
        ...event.deleted.map((key) => `-${label(key)}`),
      ]
    : [event.kind];
const label = (key: ObjectKey): string => renderKey(key).replace('Service default/', '');

describe('the table of registries', () => {
  it('has every kind that this suite knows how to fill, but for the one that programs fill', () => {
    expect(REGISTRIES.map((row) => row.kind)).toEqual(Object.keys(SUBJECTS).filter((kind) => kind !== 'memory'));
  });
});

describe.each(Object.entries(SUBJECTS))('the registry %s', (_kind, make) => {
  let subject: Subject;
  let events: Emissions<RegistryEvent>;
  let cancel: Cancel;

  beforeEach(() => {
    subject = make();
    events = new Emissions();
    cancel = () => {};
  });

  afterEach(() => {
    cancel();
    subject.dispose();
  });

  const saw = (text: string) => events.until((event) => names(event).includes(text));

  it('tells what is there, then once that it is synced; never before watch has returned', async () => {
    subject.put('a', serviceText());
    subject.put('b', serviceText('', 'b'));
    cancel = subject.registry.watch(events.emit);
    expect(events.all).toEqual([]);
    await saw('synced');
    const told = events.all.flatMap(names).filter((name) => name !== 'issues');
    expect(told).toEqual(['+a', '+b', 'synced']);
  });

  it('tells what comes, changes and goes from then on', async () => {
    cancel = subject.registry.watch(events.emit);
    await saw('synced');
    subject.put('a', serviceText());
    await saw('+a');
    subject.put('a', serviceText('ports: [{port: 81}]'));
    const changed = await events.until((event) => event.kind === 'changed' && portOf(event) === 81);
    expect(names(changed)).toEqual(['+a']);
    subject.remove('a');
    expect(names(await saw('-a'))).toEqual(['-a']);
    expect(events.all.flatMap(names).filter((name) => name === 'synced')).toHaveLength(1);
  });

  it('tells nothing more once it is cancelled', async () => {
    cancel = subject.registry.watch(events.emit);
    await saw('synced');
    cancel();
    const before = events.all.length;
    subject.put('a', serviceText());
    const second = new Emissions<RegistryEvent>();
    const other = make();
    const stop = other.registry.watch(second.emit);
    await second.until((event) => event.kind === 'synced');
    stop();
    other.dispose();
    expect(events.all).toHaveLength(before);
  });
});

function portOf(event: RegistryEvent): number | undefined {
  const object = event.kind === 'changed' ? event.upserted[0]?.object : undefined;
  return object?.kind === 'Service' ? object.spec.ports[0]?.port : undefined;
}
