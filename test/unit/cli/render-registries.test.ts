// What `switchboard status` says of registries.
import { readRegistry, renderLateRegistries } from '../../../src/cli/render-registries.ts';

const kind = (resource: string, state: string, trouble = '') => ({ resource, state, trouble });
const lines = (...registries: readonly object[]) => renderLateRegistries(registries.map(readRegistry));

describe('registries that are late', () => {
  it('are none where all keep up, absent kinds among them', () => {
    const kinds = [kind('pods', 'following'), kind('httproutes', 'absent')];
    expect(lines({ name: 'kubernetes', synced: true, kinds }, { name: 'file:a', synced: true, kinds: [] })).toEqual([]);
  });

  it('are named with what they wait for, before their beginning is in', () => {
    const kinds = [kind('pods', 'starting', "can't list pods"), kind('services', 'following')];
    expect(lines({ name: 'kubernetes', synced: false, kinds }, { name: 'file:a', synced: false, kinds: [] })).toEqual([
      "kubernetes has not been read yet: it waits for pods: can't list pods",
      'file:a has not been read yet',
    ]);
    expect(lines({ name: 'kubernetes', synced: false, kinds: [kind('pods', 'starting')] })).toEqual([
      'kubernetes has not been read yet: it waits for pods: it has not answered yet',
    ]);
  });

  it('are named with the kinds that are behind, four of them, and the first reason', () => {
    const kinds = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => kind(name, 'behind', `no ${name}`));
    expect(lines({ name: 'kubernetes', synced: true, kinds })).toEqual([
      'kubernetes is behind with a, b, c, d and 2 more: no a',
    ]);
  });
});
