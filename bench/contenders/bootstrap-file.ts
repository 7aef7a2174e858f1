// An Envoy bootstrap of the bench with its ports filled in: one file for Envoy and for our sidecar.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EquipmentSet, Place } from '../contender.ts';

/** What stands behind this mark is there in the equipped set, and a comment in the bare one. */
const EQUIPPED = '#equipped ';

export interface BootstrapFile {
  readonly file: string;
  readonly accessLog?: string;
}

/** `template` is relative to bench/. */
export function writeBootstrap(
  template: string,
  { folder, set, upstreamPorts }: Place,
  listenPort: number,
): BootstrapFile {
  const accessLog = join(folder, 'access.log');
  const text = readFileSync(new URL(`../${template}`, import.meta.url), 'utf8');
  const file = join(folder, 'envoy.yaml');
  writeFileSync(file, fillTemplate(text, { set, listenPort, upstreamPorts, accessLog }));
  return { file, ...(set === 'equipped' ? { accessLog } : {}) };
}

interface Values {
  readonly set: EquipmentSet;
  readonly listenPort: number;
  /** Three. */
  readonly upstreamPorts: readonly number[];
  readonly accessLog: string;
}

export function fillTemplate(template: string, { set, listenPort, upstreamPorts, accessLog }: Values): string {
  const text = template
    .replaceAll(EQUIPPED, set === 'equipped' ? '' : EQUIPPED)
    .replace('port_value: $LISTEN_PORT', `port_value: ${listenPort}`)
    .replace('path: $ACCESS_LOG', `path: ${JSON.stringify(accessLog)}`);
  return upstreamPorts.reduce(
    (filled, port, index) => filled.replace(`port_value: $UPSTREAM_PORT_${index + 1}`, `port_value: ${port}`),
    text,
  );
}
