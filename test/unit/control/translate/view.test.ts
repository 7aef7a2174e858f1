// Promises of views and of what is remembered of them.
import { Recent } from '../../../../src/control/translate/recent.ts';
import { viewKey } from '../../../../src/control/translate/view.ts';

describe('a view key', () => {
  it.each([
    [{ namespace: 'default', outboundAddresses: [] }, 'default'],
    [
      {
        namespace: 'shop',
        outboundAddresses: [
          { host: '127.1.0.3', port: 15_001 },
          { host: '::1', port: 0 },
        ],
      },
      'shop|127.1.0.3:15001|[::1]:0',
    ],
    [{ namespace: 'shop', outboundAddresses: [], onDemand: true }, 'shop|dialled'],
  ])('of %j is %j', (view, key) => {
    expect(viewKey(view)).toBe(key);
  });
});

describe('Recent', () => {
  it('forgets what was not asked for longest', () => {
    const recent = new Recent<number>(2);
    recent.set('a', 1);
    recent.set('b', 2);
    expect(recent.get('a')).toBe(1);
    recent.set('c', 3);
    expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual([1, undefined, 3]);
  });
});
