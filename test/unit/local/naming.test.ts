// Names of pods and hashes of templates.
import { seededRandom } from '../../../src/base/random.ts';
import { newPodName, ordinalPodName } from '../../../src/local/naming.ts';
import { stableHash } from '../../../src/local/stable-hash.ts';

describe('newPodName', () => {
  it('adds five characters that spell no word, the same for the same seed', () => {
    const name = newPodName('my-api', seededRandom(7), () => false);
    expect(name).toMatch(/^my-api-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(newPodName('my-api', seededRandom(7), () => false)).toBe(name);
  });

  it('passes over a name that is taken', () => {
    const first = newPodName('my-api', seededRandom(7), () => false);
    expect(newPodName('my-api', seededRandom(7), (name) => name === first)).not.toBe(first);
  });

  it('stays within the 63 characters of a DNS label', () => {
    expect(newPodName('x'.repeat(80), seededRandom(1), () => false)).toHaveLength(63);
  });

  it('numbers the pods of a StatefulSet', () => {
    expect(ordinalPodName('db', 2)).toBe('db-2');
  });
});

describe('stableHash', () => {
  it('is the same whatever the order of keys, and another for other content', () => {
    expect(stableHash({ a: 1, b: { c: [1, 2], d: 2 } })).toBe(stableHash({ b: { d: 2, c: [1, 2] }, a: 1 }));
    expect(stableHash({ a: [1, 2] })).not.toBe(stableHash({ a: [2, 1] }));
    expect(stableHash({ a: undefined })).toBe(stableHash({}));
  });
});
