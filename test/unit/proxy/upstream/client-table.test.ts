// Clients that stay with their endpoint: for so long after the last request, for as long as it serves, and never more of them than there is room.
import { XxHash64 } from '../../../../src/base/xx-hash64.ts';
import type { ClientHomeSpec } from '../../../../src/model/client-home-spec.ts';
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
  readonly table = new ClientTable({ timeoutMs: TIMEOUT_MS }, { name: 'web', now: () => this.now });
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

/** A table of each of two processes, which tell each other what they say at once, or when `deliver` is called. */
class Pair {
  now = 1_000;
  wall = 1_790_000_000_000;
  readonly said: { readonly from: number; readonly home: ClientHomeSpec }[] = [];
  readonly tables: readonly ClientTable[];
  #picker: Picker = maglev.createPicker([], pickerContext());

  constructor() {
    this.tables = [0, 1].map((from) => {
      const sharing = { wallNow: () => this.wall, tell: (home: ClientHomeSpec) => void this.said.push({ from, home }) };
      return new ClientTable({ timeoutMs: 160_000 }, { name: 'web', now: () => this.now }, sharing);
    });
  }

  set(...endpoints: readonly Endpoint[]): this {
    this.#picker = maglev.createPicker(endpoints, pickerContext());
    for (const table of this.tables) table.changed(endpoints);
    return this;
  }

  ask(at: number, client = '10.1.0.1'): string {
    return this.tables[at]?.pick({ client, wasTried: () => false }, this.#picker)?.address ?? 'nobody';
  }

  /** How many messages there were until nobody says anything any more. */
  deliver(): number {
    let count = 0;
    for (let one = this.said.shift(); one !== undefined && count < 100; one = this.said.shift()) {
      this.tables[1 - one.from]?.learn(one.home);
      count += 1;
    }
    return count;
  }
}

describe('tables of two processes', () => {
  const clients = Array.from({ length: 50 }, (_, index) => `10.1.0.${index}`);
  const few = three();
  const more = Array.from({ length: 40 }, (_, index) => endpoint(10 + index));

  it('know the clients of each other: who came to one stays when endpoints come, whichever he asks', () => {
    const pair = new Pair().set(...few);
    const homes = clients.map((client) => pair.ask(0, client));
    expect(pair.deliver()).toBe(50);
    pair.set(...few, ...more);
    expect(clients.map((client) => pair.ask(1, client))).toEqual(homes);
    expect(pair.tables[1]?.homes()).toEqual(pair.tables[0]?.homes());
  });

  it('agree on the endpoint that the client came to first where both have taken him before they heard of each other', () => {
    const pair = new Pair().set(...few);
    const first = pair.ask(0);
    pair.wall += 1;
    pair.set(...more);
    pair.set(...more, ...few);
    const second = pair.ask(1);
    expect(second).not.toBe(first);
    expect(pair.deliver()).toBeLessThan(5);
    expect([pair.ask(0), pair.ask(1)]).toEqual([first, first]);
  });

  it('agree also where that was in the same millisecond', () => {
    const pair = new Pair().set(...few);
    const first = pair.ask(0);
    pair.set(...more, ...few);
    const second = pair.ask(1);
    expect(pair.deliver()).toBeLessThan(5);
    const [agreed, again] = [pair.ask(0), pair.ask(1)];
    expect(again).toBe(agreed);
    expect([first, second]).toContain(agreed);
  });

  it('forget a client when he has asked neither for the timeout, give or take a sixteenth', () => {
    const pair = new Pair().set(...few);
    const home = pair.ask(0);
    pair.deliver();
    for (let turn = 0; turn < 40; turn += 1) {
      pair.now += 10_000;
      pair.ask(0);
      pair.deliver();
    }
    pair.set(...few, ...more);
    pair.now += 150_000 - 1;
    expect(pair.ask(1)).toBe(home);
    pair.deliver();
    pair.now += 160_000;
    expect(pair.ask(1)).not.toBe(home);
  });

  it('are told of a client once in a sixteenth of the timeout', () => {
    const pair = new Pair().set(...few);
    pair.ask(0);
    expect(pair.deliver()).toBe(1);
    for (let turn = 0; turn < 100; turn += 1) {
      pair.now += 1_000;
      pair.ask(0);
    }
    expect(pair.deliver()).toBe(10);
  });

  it('take nobody to an endpoint that they do not know, or whose address another pod has now', () => {
    const pair = new Pair().set(...few);
    pair.ask(0);
    const [{ home } = {}] = pair.said;
    pair.tables[1]?.learn({ ...(home as ClientHomeSpec), address: '10.9.9.9:80' });
    pair.tables[1]?.learn({ ...(home as ClientHomeSpec), uid: 'another' });
    expect(pair.tables[1]?.homes()).toEqual([]);
  });

  it(`hold no more than ${MAX_CLIENTS.toLocaleString('en')} clients, whoever brings them`, () => {
    const pair = new Pair().set(...few);
    for (let index = 0; index < MAX_CLIENTS + 10; index += 1) pair.ask(0, `client-${index}`);
    for (const { home } of pair.said) pair.tables[1]?.learn(home);
    expect(pair.tables[1]?.homes()).toHaveLength(MAX_CLIENTS);
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
