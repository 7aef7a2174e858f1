// Promises of label selectors.
import { type LabelRequirement, matchesLabels, matchesSelector, renderSelector } from '../../../src/kube/selector.ts';

const LABELS = { app: 'cart', tier: 'web' };

describe('an equality selector', () => {
  it.each([
    [{}, true],
    [{ app: 'cart' }, true],
    [{ app: 'cart', tier: 'web' }, true],
    [{ app: 'shop' }, false],
    [{ app: 'cart', zone: 'a' }, false],
  ])('%j matches app=cart,tier=web: %j', (wanted, expected) => {
    expect(matchesLabels(wanted, LABELS)).toBe(expected);
  });
});

describe('a label selector', () => {
  const ROWS: readonly (readonly [LabelRequirement, boolean])[] = [
    [{ key: 'app', operator: 'In', values: ['cart', 'shop'] }, true],
    [{ key: 'app', operator: 'In', values: ['shop'] }, false],
    [{ key: 'zone', operator: 'In', values: ['a'] }, false],
    [{ key: 'app', operator: 'NotIn', values: ['shop'] }, true],
    [{ key: 'app', operator: 'NotIn', values: ['cart'] }, false],
    [{ key: 'zone', operator: 'NotIn', values: ['a'] }, true],
    [{ key: 'app', operator: 'Exists', values: [] }, true],
    [{ key: 'zone', operator: 'Exists', values: [] }, false],
    [{ key: 'zone', operator: 'DoesNotExist', values: [] }, true],
    [{ key: 'app', operator: 'DoesNotExist', values: [] }, false],
  ];

  it.each(ROWS)('%j matches app=cart,tier=web: %j', (requirement, expected) => {
    expect(matchesSelector({ matchLabels: {}, matchExpressions: [requirement] }, LABELS)).toBe(expected);
  });

  it('needs all of its parts', () => {
    const zoneless: LabelRequirement = { key: 'zone', operator: 'DoesNotExist', values: [] };
    expect(matchesSelector({ matchLabels: { app: 'cart' }, matchExpressions: [zoneless] }, LABELS)).toBe(true);
    expect(matchesSelector({ matchLabels: { app: 'shop' }, matchExpressions: [zoneless] }, LABELS)).toBe(false);
  });

  it('reads as kubectl prints it', () => {
    const matchExpressions = ROWS.slice(0, 1).map(([requirement]) => requirement);
    expect(renderSelector({ matchLabels: { tier: 'web' }, matchExpressions })).toBe('tier=web,app in (cart,shop)');
  });
});
