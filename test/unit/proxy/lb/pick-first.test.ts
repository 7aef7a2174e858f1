// Pick first: which one is the first, and when it is another.
import { pickFirst } from '../../../../src/proxy/lb/pick-first.ts';
import { endpointsOf, hostsOf, pickerContext } from './scene.ts';

const shuffle = { pickFirst: { shuffle: true } };

describe('pick first', () => {
  it('takes the first in the given order', () => {
    expect(hostsOf(pickFirst.createPicker(endpointsOf(1, 1, 1), pickerContext()), 5)).toBe('aaaaa');
  });

  it('goes to the next after a failure, and stays there', () => {
    const picker = pickFirst.createPicker(endpointsOf(1, 1, 1), pickerContext());
    expect(hostsOf(picker, 1, { wasTried: ({ host }) => host === 'a' })).toBe('b');
    expect(hostsOf(picker, 3)).toBe('bbb');
  });

  it('has another first in each sidecar where it shuffles', () => {
    const firsts = Array.from({ length: 40 }, (_, seed) =>
      hostsOf(pickFirst.createPicker(endpointsOf(1, 1, 1, 1), pickerContext(shuffle, seed)), 1),
    );
    expect(new Set(firsts).size).toBe(4);
  });

  it('keeps its first, shuffled or not, where others come and go', () => {
    const endpoints = endpointsOf(1, 1, 1, 1, 1);
    for (let seed = 0; seed < 20; seed += 1) {
      const first = hostsOf(pickFirst.createPicker(endpoints, pickerContext(shuffle, seed)), 1);
      const fewer = endpoints.filter(({ host }, index) => host === first || index % 2 === 0);
      expect(hostsOf(pickFirst.createPicker(fewer, pickerContext(shuffle, seed)), 1)).toBe(first);
    }
  });
});
