// The tables of settings: which rows each program reads, and all of them by family for help and reference pages.
import { CONTROL_PLANE_ROWS } from './control-plane-settings.ts';
import { LIMIT_SETTINGS } from './limit-settings.ts';
import { PROCESS_SETTINGS } from './process-settings.ts';
import type { Setting, SettingsOf } from './setting.ts';
import { SIDECAR_SETTINGS } from './sidecar-settings.ts';

export interface SettingFamily {
  readonly title: string;
  readonly rows: readonly Setting[];
}

export const PROXY_SETTINGS = [...SIDECAR_SETTINGS, ...LIMIT_SETTINGS, ...PROCESS_SETTINGS] as const;
export type ProxySettings = SettingsOf<typeof PROXY_SETTINGS>;

export const CONTROL_PLANE_SETTINGS = [...CONTROL_PLANE_ROWS, ...PROCESS_SETTINGS] as const;
export type ControlPlaneSettings = SettingsOf<typeof CONTROL_PLANE_SETTINGS>;

export const SETTING_FAMILIES: readonly SettingFamily[] = [
  { title: 'Sidecar', rows: SIDECAR_SETTINGS },
  { title: 'Limits of the sidecar', rows: LIMIT_SETTINGS },
  { title: 'Control plane', rows: CONTROL_PLANE_ROWS },
  { title: 'Every program', rows: PROCESS_SETTINGS },
];

/** The variables of all programs: any of them may stand in the environment of each. */
export const ENV_NAMES: readonly string[] = SETTING_FAMILIES.flatMap((family) => family.rows.map((row) => row.env));
