// UpgradesSpec ↔ the upgrade_configs of HttpConnectionManager and RouteAction.
import type { UpgradesSpec } from '../../model/upgrades-spec.ts';
import type { DecodeContext } from './decode-context.ts';

/** What both messages have. */
export interface UpgradeConfig {
  readonly upgradeType: string;
  /** Absent = true. */
  readonly enabled?: boolean | undefined;
}

export const CONNECT = 'CONNECT';

export function encodeUpgrades(spec: UpgradesSpec | undefined): UpgradeConfig[] {
  return Object.entries(spec ?? {}).map(([upgradeType, enabled]) =>
    enabled ? { upgradeType } : { upgradeType, enabled },
  );
}

/** Those of CONNECT are somebody else's. Undefined = nothing is said. */
export function decodeUpgrades(
  configs: readonly UpgradeConfig[],
  context: DecodeContext,
  path: string,
): UpgradesSpec | undefined {
  const upgrades: Record<string, boolean> = {};
  for (const [i, { upgradeType, enabled }] of configs.entries()) {
    const name = upgradeType.toLowerCase();
    const at = `${path}[${i}].upgrade_type`;
    if (isConnect({ upgradeType })) continue;
    if (name === '') context.refuse(at, 'is empty', 'name a protocol, such as websocket');
    else if (Object.hasOwn(upgrades, name)) context.refuse(at, `"${name}" is there twice`, 'keep one');
    else upgrades[name] = enabled !== false;
  }
  return Object.keys(upgrades).length === 0 ? undefined : upgrades;
}

export function isConnect({ upgradeType }: UpgradeConfig): boolean {
  return upgradeType.toUpperCase() === CONNECT;
}
