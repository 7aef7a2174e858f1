// Clients that stay with their endpoint: for so long after the last request, for as long as it serves, and never more of them than there is room.
import { XxHash64 } from '../../../../src/base/xx-hash64.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import type { PickContext, Picker } from '../../../../src/proxy/lb/load-balancer.ts';
import { maglev } from '../../../../src/proxy/lb/maglev.ts';
import { ClientTable, MAX_CLIENTS } from '../../../../src/proxy/upstream/client-table.ts';
import { pickerContext } from '../lb/scene.ts';

const LOCALITY = { locality: { region: '', zone: '', subZone: '' }, priority: 0, weight: 1, endpoints: [] };
const TIMEOUT_MS = 10_000;

function endpoint(index: number, uid = `uid-${index}`): Endpoint {
  const pod = { namespace: 'shop', name: `pod-${index}`, uid };
  return new Endpoint({ host: `10.0.0.${index}`, port: 80, health: 'healthy', weight: 1, pod }, LOCALITY);
}

class Scene {
  now = 0;
  readonly table = new ClientTable({ timeoutMs: TIMEOUT_MS }, () => this.now);
  #picker: Picker = maglev.createPicker([], pickerContext());

  set(...endpoints: readonly Endpoint[]): void {
    this.#picker = maglev.createPicker(endpoints, pickerContext());
    this.table.changed(endpoints);
  }

  ask(client: string, more: Partial<PickContext> = {}): Endpoint | null {
    return this.table.pick({ client, wasTried: () => false, ...more }, this.#picker);
  }

  figures(): Readonly<Record<string, number>> {
    const seen: Record<string, number> = {};
    const note = (_scope: string, _name: string, figure: string, value: number) => {
      seen[figure] = value;
    };
    this.table.collect('web', { counter: note, gauge: note } as unknown as Parameters<ClientTable['collect']>[1]);
    return seen;
  }
}

function three(): Endpoint[] {
  return [1, 2, 3].map((index) => endpoint(index));
}

describe('a client by its address', () => {
  it('goes first where its hash says, so that another table that knows nothing says the same', () => {
    const [one, other] = [new Scene(), new Scene()];
    one.set(...three());
    other.set(...three());
    for (let index = 0; index < 50; index += 1) {
      const client = `10.1.0.${index}`;
      expect(one.ask(client)?.address).toBe(other.ask(client)?.address);
    }
    const hash = new XxHash64().hash('10.1.0.1', 0, 8);
    const picker = maglev.createPicker(three(), pickerContext());
    expect(one.ask('10.1.0.1')?.address).toBe(picker.pick({ hash, wasTried: () => false })?.address);
  });

  it('stays when endpoints come, which would own its hash', () => {
    const scene = new Scene();
    const endpoints = three();
    scene.set(...endpoints);
    const clients = Array.from({ length: 100 }, (_, index) => `10.1.0.${index}`);
    const homes = clients.map((client) => scene.ask(client));
    scene.set(...endpoints, ...[4, 5, 6, 7].map((index) => endpoint(index)));
    expect(clients.map((client) => scene.ask(client))).toEqual(homes);
  });

  it('goes elsewhere when its endpoint takes no requests, and stays there', () => {
    const scene = new Scene();
    const endpoints = three();
    scene.set(...endpoints);
    const home = scene.ask('10.1.0.1') as Endpoint;
    const rest = endpoints.filter((one) => one !== home);
    scene.set(...rest);
    const next = scene.ask('10.1.0.1');
    expect(rest).toContain(next);
    scene.set(...endpoints);
    expect(scene.ask('10.1.0.1')).toBe(next);
    expect(scene.figures()).toEqual({ client_affinity_clients: 1, client_affinity_moved: 1 });
  });

  it('does not follow an address to another pod', () => {
    const scene = new Scene();
    const [only] = [endpoint(1)];
    scene.set(only);
    scene.ask('10.1.0.1');
    only.update({ ...only.spec, pod: { namespace: 'shop', name: 'pod-9', uid: 'uid-9' } }, LOCALITY);
    scene.ask('10.1.0.1');
    expect(scene.figures()['client_affinity_moved']).toBe(1);
  });

  it('is forgotten so long after its last request, and not before', () => {
    const scene = new Scene();
    const endpoints = three();
    scene.set(...endpoints);
    const home = scene.ask('10.1.0.1');
    // With these its hash says something else; its home would be no accident.
    const more = Array.from({ length: 40 }, (_, index) => endpoint(10 + index));
    scene.set(...endpoints, ...more);
    for (let turn = 0; turn < 5; turn += 1) {
      scene.now += TIMEOUT_MS - 1;
      expect(scene.ask('10.1.0.1')).toBe(home);
    }
    scene.now += TIMEOUT_MS;
    expect(scene.ask('10.1.0.1')).not.toBe(home);
  });

  it('goes elsewhere for a retry, and comes back with the next request', () => {
    const scene = new Scene();
    scene.set(...three());
    const home = scene.ask('10.1.0.1');
    expect(scene.ask('10.1.0.1', { wasTried: (one) => one === home })).not.toBe(home);
    expect(scene.ask('10.1.0.1')).toBe(home);
  });

  it('is anybody where nobody knows its address', () => {
    const scene = new Scene();
    scene.set(...three());
    expect(scene.table.pick({ wasTried: () => false }, maglev.createPicker(three(), pickerContext()))).not.toBeNull();
    expect(scene.figures()['client_affinity_clients']).toBe(0);
  });
});

describe('the table of clients', () => {
  it(`holds ${MAX_CLIENTS.toLocaleString('en')} of them: who was not seen for longest makes way`, () => {
    const scene = new Scene();
    scene.set(...three());
    for (let index = 0; index < MAX_CLIENTS + 100; index += 1) {
      scene.ask(`client-${index}`);
      if (index === MAX_CLIENTS - 1) scene.ask('client-0');
    }
    expect(scene.figures()['client_affinity_clients']).toBe(MAX_CLIENTS);
  });

  it('lets go of those whose time is over as others come', () => {
    const scene = new Scene();
    scene.set(...three());
    for (let index = 0; index < 100; index += 1) scene.ask(`client-${index}`);
    scene.now += TIMEOUT_MS;
    for (let index = 0; index < 25; index += 1) scene.ask('client-100');
    expect(scene.figures()['client_affinity_clients']).toBe(1);
  });
});
