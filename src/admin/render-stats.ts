// `GET /stats`: numbers by their dotted names, as Envoy's lines and as its JSON.

export type Stats = ReadonlyMap<string, number>;

/**
 * Sorted by name. `filter` keeps names that contain it; Envoy takes a regular expression there, we take plain text, because an expression
 * from outside could keep the sidecar busy. `usedOnly` leaves out zeros.
 */
export function selectStats(stats: Stats, filter: string, usedOnly: boolean): readonly (readonly [string, number])[] {
  return [...stats]
    .filter(([name, value]) => name.includes(filter) && !(usedOnly && value === 0))
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

export function renderStatsText(stats: readonly (readonly [string, number])[]): string {
  return stats.map(([name, value]) => `${name}: ${value}\n`).join('');
}

export function renderStatsJson(stats: readonly (readonly [string, number])[]): string {
  return `${JSON.stringify({ stats: stats.map(([name, value]) => ({ name, value })) })}\n`;
}
