// `GET /xds`: whether the newest configuration is in force, and why not. Ours: Envoy has no such page.
import type { XdsStatus } from './sidecar-status.ts';

/** A line for each thing, `what: value`; all is well where only the first ones stand. */
export function renderXdsText(status: XdsStatus | null): string {
  if (status === null) return 'protocol: none, all configuration stands in a file\n';
  const versions = Object.entries(status.versions).map(([type, version]) => `${type} ${version || '(none yet)'}`);
  const lines = [
    `protocol: ${status.protocol}`,
    `connected: ${status.connected ? 'yes' : `no, ${status.lastError ?? 'not yet'}`}`,
    ...versions.map((version) => `version: ${version}`),
    ...status.refused.flatMap(({ type, name, reasons }) => reasons.map((why) => `refused: ${type} ${name}: ${why}`)),
    ...status.missing.map(({ type, name, reason }) => `missing: ${type} ${name}: ${reason}`),
    ...status.held.map((sentence) => `held back: ${sentence}`),
    ...status.waitingFor.map((sentence) => `waiting for: ${sentence}`),
    ...status.ignored.map((path) => `left out: ${path}`),
    ...status.stray.map((type) => `not asked for: ${type}`),
  ];
  return lines.map((line) => `${line.replaceAll('\n', ' ')}\n`).join('');
}

export function renderXdsJson(status: XdsStatus | null): string {
  if (status === null) return '{"protocol":null}\n';
  const { lastError, waitingFor, ...rest } = status;
  return `${JSON.stringify({ ...rest, last_error: lastError, waiting_for: waitingFor })}\n`;
}
