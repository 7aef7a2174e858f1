// What one of several workers may take of the limits of a whole sidecar.
import { PROXY_SETTINGS, type ProxySettings } from './index.ts';
import type { Setting } from './setting.ts';

/** Of what is divided, an even share, rounded up; 0 stays what it means. The rest is the same for each. */
export function shareOf(settings: ProxySettings, workers: number): ProxySettings {
  const rows: readonly Setting[] = PROXY_SETTINGS;
  const values: readonly (readonly [string, unknown])[] = Object.entries(settings);
  const divided = new Set(rows.filter((row) => row.divided === true).map(({ name }) => name));
  const share = (name: string, value: unknown): unknown =>
    divided.has(name) && typeof value === 'number' ? Math.ceil(value / workers) : value;
  return Object.fromEntries(values.map(([name, value]) => [name, share(name, value)])) as unknown as ProxySettings;
}
