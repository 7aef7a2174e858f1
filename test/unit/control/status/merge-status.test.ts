// What is written into the status of a route or policy, and what is left as it is.
import { mergeStatus } from '../../../../src/control/status/merge-status.ts';
import { STATUS_FORMS } from '../../../../src/control/status/status-form.ts';
import type { WantedCondition, WantedStatus } from '../../../../src/control/status/wanted-status.ts';

const OURS = 'switchboard.dev/mesh';
const NOW = Date.UTC(2026, 10, 21, 12, 30, 15, 678);
const { HTTPRoute, TrafficPolicy } = STATUS_FORMS;

const web = { group: '', kind: 'Service', name: 'web' };
const accepted: WantedCondition = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };
const refused: WantedCondition = { type: 'Accepted', status: 'False', reason: 'Conflicted', message: 'another' };
const wanted = (...entries: WantedStatus['entries']): WantedStatus => ({
  kind: 'HTTPRoute',
  namespace: 'shop',
  name: 'cart',
  uid: 'u',
  generation: 3,
  entries,
});
const gateway = {
  parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' },
  controllerName: 'example.com/gateway',
  conditions: [{ type: 'Accepted', status: 'True', lastTransitionTime: '2020-01-01T00:00:00Z' }],
};
const written = (present: unknown, want: WantedStatus, now = NOW): readonly unknown[] => {
  const { entries } = mergeStatus(HTTPRoute, present, want, now);
  if (entries === null) throw new Error('there is nothing to write');
  return entries;
};

describe('the status of a route', () => {
  it.each([undefined, null, {}, { parents: null }, { parents: 'x' }, 5])(
    'where there was %j, gets our entry',
    (present) => {
      expect(written(present, wanted({ ref: web, conditions: [accepted] }))).toEqual([
        {
          parentRef: web,
          controllerName: OURS,
          conditions: [{ ...accepted, observedGeneration: 3, lastTransitionTime: '2026-11-21T12:30:15Z' }],
        },
      ]);
    },
  );

  it('that says the same already is not written, whatever time it is and whatever others add to it', () => {
    const want = wanted({ ref: web, conditions: [accepted] });
    const [own] = written(undefined, want) as [{ readonly conditions: readonly object[] }];
    const present = {
      parents: [gateway, { ...own, conditions: own.conditions.map((one) => ({ ...one, note: 'theirs' })) }],
    };
    expect(mergeStatus(HTTPRoute, present, want, NOW + 86_400_000)).toEqual({ entries: null, leftOut: 0 });
    expect(mergeStatus(HTTPRoute, undefined, wanted(), NOW)).toEqual({ entries: null, leftOut: 0 });
    expect(mergeStatus(HTTPRoute, { parents: [gateway] }, wanted(), NOW)).toEqual({ entries: null, leftOut: 0 });
  });

  it('keeps the time of a condition while its status is the same, and tells the new generation', () => {
    const before = written(undefined, wanted({ ref: web, conditions: [refused] }));
    const changed = { ...wanted({ ref: web, conditions: [{ ...refused, message: 'a third' }] }), generation: 4 };
    expect(written({ parents: before }, changed, NOW + 60_000)).toMatchObject([
      { conditions: [{ message: 'a third', observedGeneration: 4, lastTransitionTime: '2026-11-21T12:30:15Z' }] },
    ]);
    const mended = { ...wanted({ ref: web, conditions: [accepted] }), generation: 5 };
    expect(written({ parents: before }, mended, NOW + 60_000)).toMatchObject([
      { conditions: [{ status: 'True', observedGeneration: 5, lastTransitionTime: '2026-11-21T12:31:15Z' }] },
    ]);
  });

  it('keeps the entries of other controllers as they are, in their places, and has ours in its own', () => {
    const before = written(undefined, wanted({ ref: web, conditions: [refused] }));
    const other = { ...gateway, controllerName: 'example.com/mesh', parentRef: web, strange: { deep: [1] } };
    const after = written({ parents: [gateway, ...before, other] }, wanted({ ref: web, conditions: [accepted] }));
    expect(after).toHaveLength(3);
    expect(after[0]).toBe(gateway);
    expect(after[1]).toMatchObject({ parentRef: web, controllerName: OURS, conditions: [{ status: 'True' }] });
    expect(after[2]).toBe(other);
  });

  it('loses our entry when the route names the parent no more, and a condition that is so no more', () => {
    const partly: WantedCondition = {
      type: 'PartiallyInvalid',
      status: 'True',
      reason: 'UnsupportedValue',
      message: 'x',
    };
    const before = written(undefined, wanted({ ref: web, conditions: [accepted, partly] }));
    expect(written({ parents: [...before, gateway] }, wanted())).toEqual([gateway]);
    expect(written({ parents: before }, wanted({ ref: web, conditions: [accepted] }))).toMatchObject([
      { conditions: [{ type: 'Accepted' }] },
    ]);
  });

  it('tells parents apart by namespace, section and port, where no namespace is that of the route', () => {
    const refs = [web, { ...web, sectionName: 'http' }, { ...web, port: 80 }, { ...web, namespace: 'other' }];
    const want = wanted(...refs.map((ref) => ({ ref, conditions: [accepted] })));
    const all = written(undefined, want);
    expect(all).toHaveLength(4);
    expect(mergeStatus(HTTPRoute, { parents: all }, want, NOW).entries).toBeNull();
    const spelt = wanted({ ref: { ...web, namespace: 'shop' }, conditions: [accepted] });
    expect(mergeStatus(HTTPRoute, { parents: all.slice(0, 1) }, spelt, NOW).entries).toBeNull();
  });

  it('has one entry of ours for a parent, where two stood', () => {
    const want = wanted({ ref: web, conditions: [accepted] });
    const [own] = written(undefined, want);
    expect(written({ parents: [own, own] }, want)).toEqual([own]);
  });

  it('has 32 entries at most, of which those of others are never ours to take; what is left out is told', () => {
    const others = Array.from({ length: 30 }, (_, index) => ({ ...gateway, parentRef: { name: `g${index}` } }));
    const refs = Array.from({ length: 5 }, (_, index) => ({
      ref: { ...web, name: `w${index}` },
      conditions: [accepted],
    }));
    const { entries, leftOut } = mergeStatus(HTTPRoute, { parents: others }, wanted(...refs), NOW);
    expect(entries).toHaveLength(32);
    expect(entries?.slice(0, 30)).toEqual(others);
    expect(entries?.slice(30)).toMatchObject([{ parentRef: { name: 'w0' } }, { parentRef: { name: 'w1' } }]);
    expect(leftOut).toBe(3);
    const full = [...others, gateway, gateway, gateway];
    expect(mergeStatus(HTTPRoute, { parents: full }, wanted(...refs), NOW)).toEqual({ entries: null, leftOut: 5 });
  });

  it('has messages of 32,768 characters at most, and no half of one', () => {
    const long = { ...refused, message: `${'x'.repeat(32_767)}\u{1f600}` };
    const after = written(undefined, wanted({ ref: web, conditions: [long] }));
    const [{ conditions }] = after as [{ readonly conditions: readonly [{ readonly message: string }] }];
    expect(conditions[0].message).toBe(`${'x'.repeat(32_767)}\ufffd`);
    expect(
      mergeStatus(HTTPRoute, { parents: after }, wanted({ ref: web, conditions: [long] }), NOW).entries,
    ).toBeNull();
  });
});

describe('the status of a policy', () => {
  it('is a list of ancestors, 16 at most', () => {
    const refs = Array.from({ length: 16 }, (_, index) => ({
      ref: { ...web, name: `w${index}` },
      conditions: [accepted],
    }));
    const want: WantedStatus = { kind: 'TrafficPolicy', namespace: 'shop', name: 'p', generation: 1, entries: refs };
    const other = { ancestorRef: { name: 'x' }, controllerName: 'example.com/other' };
    const { entries, leftOut } = mergeStatus(TrafficPolicy, { ancestors: [other] }, want, NOW);
    expect(entries).toHaveLength(16);
    expect(entries?.[0]).toBe(other);
    expect(entries?.[1]).toMatchObject({ ancestorRef: { name: 'w0' }, controllerName: OURS });
    expect(leftOut).toBe(1);
  });
});
