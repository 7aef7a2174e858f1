// Rendezvous hashing: everybody has the same order of endpoints for a request, weights count, and nobody moves who need not.
import { Word64 } from '../../../../src/base/word64.ts';
import { XxHash64 } from '../../../../src/base/xx-hash64.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import type { PickContext } from '../../../../src/proxy/lb/load-balancer.ts';
import { rendezvous } from '../../../../src/proxy/lb/rendezvous.ts';
import { pickerContext } from './scene.ts';

const KEYS = 10_000;
const xxHash = new XxHash64();

function endpoint(index: number, weight = 1, host = `10.0.0.${index}`): Endpoint {
  const pod = { namespace: 'shop', name: `pod-${index}`, uid: `uid-${index}` };
  const spec = { host, port: 80, health: 'healthy' as const, weight, pod };
  return new Endpoint(spec, { locality: { region: '', zone: '', subZone: '' }, priority: 0, weight: 1, endpoints: [] });
}

function endpoints(count: number, weightOf = (_index: number) => 1): Endpoint[] {
  return Array.from({ length: count }, (_, index) => endpoint(index, weightOf(index)));
}

function request(key: string, ...tried: readonly Endpoint[]): PickContext {
  const hash = new Word64();
  hash.copy(xxHash.hash(key, 0, key.length));
  return { hash, wasTried: (one) => tried.includes(one) };
}

function owners(among: readonly Endpoint[]): string[] {
  const picker = rendezvous.createPicker(among, pickerContext());
  return Array.from({ length: KEYS }, (_, key) => picker.pick(request(`session-${key}`))?.spec.pod?.uid ?? '');
}

function shareOf(uid: string, owned: readonly string[]): number {
  return owned.filter((one) => one === uid).length / owned.length;
}

describe('rendezvous hashing', () => {
  it('knows pods by their UID: neither their order nor their addresses make a difference', () => {
    const moved = endpoints(8).map((_, index) => endpoint(index, 1, `10.9.0.${index}`));
    expect(owners(moved.toReversed())).toEqual(owners(endpoints(8)));
  });

  it('shares 10,000 keys among 8 pods, each within 10 % of an eighth', () => {
    const owned = owners(endpoints(8));
    for (let index = 0; index < 8; index += 1) {
      const share = shareOf(`uid-${index}`, owned);
      expect(Math.abs(share * 8 - 1)).toBeLessThan(0.1);
    }
  });

  it('gives a pod of weight 3 among three of weight 1 half of the keys', () => {
    const owned = owners(endpoints(4, (index) => (index === 0 ? 3 : 1)));
    expect(Math.abs(shareOf('uid-0', owned) - 0.5)).toBeLessThan(0.02);
  });

  it('moves the keys of a pod that leaves, and no other key', () => {
    const all = endpoints(10);
    const before = owners(all);
    const after = owners(all.slice(1));
    expect(before.every((owner, key) => owner === 'uid-0' || owner === after[key])).toBe(true);
  });

  it('sends what was tried at the first to where it would be if that were gone', () => {
    const all = endpoints(5);
    const picker = rendezvous.createPicker(all, pickerContext());
    for (let key = 0; key < 200; key += 1) {
      const first = picker.pick(request(`session-${key}`)) as Endpoint;
      const others = all.filter((one) => one !== first);
      const next = rendezvous.createPicker(others, pickerContext()).pick(request(`session-${key}`));
      expect(picker.pick(request(`session-${key}`, first))).toBe(next);
    }
  });

  it('picks one again where all were tried, and nobody where there is nobody', () => {
    const all = endpoints(3);
    expect(rendezvous.createPicker(all, pickerContext()).pick(request('a', ...all))).not.toBeNull();
    expect(rendezvous.createPicker([], pickerContext()).pick(request('a'))).toBeNull();
  });
});
