// Rings and tables: what is remembered of them changes nothing, and they are what plain lists of turns and places come to.
import fc from 'fast-check';
import { Word64 } from '../../../../src/base/word64.ts';
import { XxHash64 } from '../../../../src/base/xx-hash64.ts';
import type { BalancingSpec } from '../../../../src/model/balancing-spec.ts';
import { HashKeys } from '../../../../src/proxy/lb/hash-key.ts';
import type { Placed } from '../../../../src/proxy/lb/hash-places.ts';
import { HashRing } from '../../../../src/proxy/lb/hash-ring.ts';
import type { Picker } from '../../../../src/proxy/lb/load-balancer.ts';
import { maglev } from '../../../../src/proxy/lb/maglev.ts';
import { MaglevTable } from '../../../../src/proxy/lb/maglev-table.ts';
import { PlacesMemo } from '../../../../src/proxy/lb/places-memo.ts';
import { ringHash } from '../../../../src/proxy/lb/ring-hash.ts';
import { endpointsOf, pickerContext } from './scene.ts';

const NO_LIMIT = Number.POSITIVE_INFINITY;
const xxHash = new XxHash64();

/** A share for each weight, by keys that count down: their order is another than that of their names. */
function placedFor(weights: readonly number[], keys = new HashKeys(NO_LIMIT)): readonly Placed[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight, index) => ({ key: keys.of(`10.0.0.${200 - index}:80`), share: weight / sum }));
}

function hashOf(text: string, seed = 0): bigint {
  const { high, low } = xxHash.hash(text, 0, text.length, 0, seed);
  return (BigInt(high) << 32n) | BigInt(low);
}

/** The table as the paper has it, with the weights of Envoy, one list of all places for each endpoint. */
function plainTable(placed: readonly Placed[], size: number): number[] {
  const greatest = Math.max(...placed.map(({ share }) => share));
  const contenders = placed
    .map(({ key: { text }, share }, owner) => {
      const first = Number(hashOf(text) % BigInt(size));
      const skip = Number(hashOf(text, 1) % BigInt(size - 1)) + 1;
      return { text, share, owner, due: 0, list: Array.from({ length: size }, (_, at) => (first + at * skip) % size) };
    })
    .sort((left, right) => (left.text < right.text ? -1 : 1));
  const owners: number[] = new Array(size).fill(-1);
  for (let turn = 1, left = size; left > 0; turn += 1) {
    for (const contender of contenders) {
      if (left === 0 || turn * contender.share < contender.due) continue;
      contender.due += greatest;
      owners[contender.list.find((place) => owners[place] === -1) as number] = contender.owner;
      left -= 1;
    }
  }
  return owners;
}

/** The owners of a ring by comparing all hashes. */
function plainRing(placed: readonly Placed[], minRingSize: number): number[] {
  const least = Math.min(...placed.map(({ share }) => share));
  const scale = Math.ceil(least * minRingSize) / least;
  const places: { hash: bigint; owner: number }[] = [];
  let wanted = 0;
  for (const [owner, { key, share }] of placed.entries()) {
    wanted += scale * share;
    for (let at = 0; places.length < wanted; at += 1) places.push({ hash: hashOf(`${key.text}_${at}`), owner });
  }
  return places.sort((left, right) => (left.hash < right.hash ? -1 : 1)).map(({ owner }) => owner);
}

const weights = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 });

describe('places of consistent hashing', () => {
  it('are those of plain lists in which endpoints take turns: Maglev, 503 places, any weights', () => {
    fc.assert(
      fc.property(weights, (each) => {
        const placed = placedFor(each);
        expect(Array.from(new MaglevTable(placed, 503).owners)).toEqual(plainTable(placed, 503));
      }),
      { numRuns: 60 },
    );
  });

  it('are those of all hashes in order: rings of 300 places and more, any weights', () => {
    fc.assert(
      fc.property(weights, (each) => {
        const placed = placedFor(each);
        const spec = { minRingSize: 300, maxRingSize: 100_000, hashFunction: 'xx-hash' } as const;
        expect(Array.from(new HashRing(placed, spec).owners)).toEqual(plainRing(placed, 300));
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['maglev', maglev],
    ['ring-hash', ringHash],
  ])('are the same with and without memory, whoever goes out and comes back: %s', (_name, balancer) => {
    const endpoints = endpointsOf(1, 1, 3, 2, 1, 1, 2, 5);
    const keys = Array.from({ length: 200 }, (_, index) => {
      const hash = new Word64();
      hash.copy(xxHash.hash(`user-${index}`, 0, 6));
      return hash;
    });
    const ownersOf = (picker: Picker) => keys.map((hash) => picker.pick({ hash, wasTried: () => false })?.host);
    const spec = fc.constantFrom<BalancingSpec>(
      { maglev: { tableSize: 503 } },
      {
        maglev: { tableSize: 1_009 },
        ringHash: { minRingSize: 64, maxRingSize: 4_096, hashFunction: 'murmur-hash-2' },
      },
    );
    const step = fc.record({ spec, there: fc.subarray(endpoints, { minLength: 1 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.constantFrom(2_000, 100_000), (steps, maxBytes) => {
        const places = new PlacesMemo(maxBytes);
        for (const { spec, there } of steps) {
          const remembered = balancer.createPicker(there, { ...pickerContext(spec), places });
          expect(ownersOf(remembered)).toEqual(ownersOf(balancer.createPicker(there, pickerContext(spec))));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('PlacesMemo', () => {
  /** What is built, by name; each takes 1,000 bytes beside 40 for its endpoint. */
  function scene(maxBytes: number) {
    const memo = new PlacesMemo(maxBytes);
    const built: string[] = [];
    const ask = (recipe: string, share = 1) =>
      memo.places(recipe, [{ key: memo.keys.of('10.0.0.1:80'), share }], () => {
        built.push(`${recipe} ${share}`);
        return { owners: [0], bytes: 1_000, find: () => 0 };
      });
    return { ask, built };
  }

  it('builds once what is the same, and anew what differs in recipe or share', () => {
    const { ask, built } = scene(10_000);
    const first = ask('maglev 503');
    expect(ask('maglev 503')).toBe(first);
    ask('maglev 1009');
    ask('maglev 503', 0.5);
    expect(ask('maglev 503')).toBe(first);
    expect(built).toEqual(['maglev 503 1', 'maglev 1009 1', 'maglev 503 0.5']);
  });

  it('forgets first what was asked for longest ago: 3,200 bytes hold three of 1,040', () => {
    const { ask, built } = scene(3_200);
    for (const recipe of ['a', 'b', 'c', 'a', 'd']) ask(recipe);
    built.length = 0;
    for (const recipe of ['a', 'c', 'd']) ask(recipe);
    expect(built).toEqual([]);
    ask('b');
    expect(built).toEqual(['b 1']);
  });

  it('holds nothing that is larger than all it may hold', () => {
    const { ask, built } = scene(1_000);
    ask('a');
    ask('a');
    expect(built).toEqual(['a 1', 'a 1']);
  });

  it('forgets keys where they take too much, so that pods that are gone take nothing for ever', () => {
    const keys = new HashKeys(100_000);
    const first = keys.of('10.0.0.1:80');
    keys.trim();
    expect(keys.of('10.0.0.1:80')).toBe(first);
    for (let pod = 0; pod < 1_000; pod += 1) keys.of(`10.1.${pod >> 8}.${pod & 255}:80`);
    keys.trim();
    expect(keys.of('10.0.0.1:80')).not.toBe(first);
  });
});
