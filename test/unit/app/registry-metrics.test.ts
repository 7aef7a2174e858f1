// Numbers of registries for Prometheus.
import { renderRegistryMetrics } from '../../../src/app/registry-metrics.ts';

const KIND = { objects: 3, lists: 1, watchRestarts: 2, failures: 4, trouble: '' };

describe('metrics of registries', () => {
  it('are a sample for each kind of a registry that follows a server', () => {
    const text = renderRegistryMetrics([
      {
        name: 'kubernetes',
        synced: true,
        kinds: [
          { ...KIND, resource: 'pods', state: 'following', heardMsAgo: 1_500 },
          { ...KIND, resource: 'services', state: 'behind', heardMsAgo: null },
        ],
      },
    ]);
    const label = (resource: string) => `{registry="kubernetes",resource="${resource}"}`;
    expect(text).toContain('# TYPE switchboard_registry_failures_total counter\n');
    expect(text).toContain(`\nswitchboard_registry_objects${label('pods')} 3\n`);
    expect(text).toContain(`\nswitchboard_registry_following${label('pods')} 1\n`);
    expect(text).toContain(`\nswitchboard_registry_following${label('services')} 0\n`);
    expect(text).toContain(`\nswitchboard_registry_heard_seconds${label('pods')} 1.5\n`);
    expect(text).not.toContain(`switchboard_registry_heard_seconds${label('services')}`);
  });

  it('are none where there are folders only', () => {
    expect(renderRegistryMetrics([{ name: 'file:a', synced: true, kinds: [] }])).toBe('');
  });
});
