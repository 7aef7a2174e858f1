// What one of several workers may take.
import { PROXY_SETTINGS } from '../../../src/config/index.ts';
import { LIMIT_SETTINGS } from '../../../src/config/limit-settings.ts';
import { parseSettings } from '../../../src/config/parse-settings.ts';
import { renderSettingsMarkdown } from '../../../src/config/render-settings.ts';
import { shareOf } from '../../../src/config/share.ts';

function settings(env: Readonly<Record<string, string>>) {
  const result = parseSettings(PROXY_SETTINGS, env);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}

describe('the share of a worker', () => {
  it('is an even part of what the whole sidecar may have, rounded up', () => {
    const whole = settings({ SWITCHBOARD_MAX_LISTENER_CONNECTIONS: '10', SWITCHBOARD_OVERLOAD_MEMORY: '300MiB' });
    const share = shareOf(whole, 3);
    expect(share.maxListenerConnections).toBe(4);
    expect(share.overloadMemoryBytes).toBe(100 * 1_048_576);
  });

  it('leaves alone what holds for one connection or request, and what is without bound', () => {
    const whole = settings({});
    expect(shareOf(whole, 4)).toEqual(whole);
  });

  it('is told in the reference of each row that is divided', () => {
    const page = renderSettingsMarkdown([{ title: 'Limits', rows: LIMIT_SETTINGS }]);
    const divided = page.split('\n').filter((line) => line.includes('Divided by the number of workers.'));
    expect(divided.map((line) => /`(SWITCHBOARD_\w+)`/.exec(line)?.[1])).toEqual([
      'SWITCHBOARD_MAX_LISTENER_CONNECTIONS',
      'SWITCHBOARD_OVERLOAD_MEMORY',
    ]);
  });
});
