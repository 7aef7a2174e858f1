// A process: the control plane as users run it, but for its registry, whose objects this process makes itself.
import { ControlPlaneApp } from '../../src/app/control-plane-app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { MemoryRegistry } from '../../src/control/registry/memory.ts';
import { type Located, locate } from '../../src/kube/meta.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { DEFAULT_CLUSTER_DOMAIN } from '../../src/model/names.ts';
import { answeringSlice, changesOf, serviceObject, sliceObject } from './mesh.ts';
import { type ChangeOrder, nowUs, type ServerConfig, type ServerReport } from './messages.ts';

const config: ServerConfig = JSON.parse(process.argv[2] ?? '');
const changes = changesOf(config.changes, config.services);
// Not selecting pods: as on an API server, where a controller writes the EndpointSlices.
const registry = new MemoryRegistry('bench', false);

function report(message: ServerReport): void {
  process.send?.(message);
}

function located(object: KubeObject): Located<KubeObject> {
  return locate(object, 'bench');
}

function fill(): void {
  const { services, endpoints, answering } = config;
  const short = new Set(changes.filter(({ kind }) => kind === 'come').map(({ service }) => service));
  const objects = Array.from({ length: services }, (_, service) => [
    located(serviceObject(service)),
    located(
      service < answering.services
        ? answeringSlice(service, answering.port)
        : sliceObject(service, endpoints, !short.has(service)),
    ),
  ]);
  registry.upsert(...objects.flat());
}

function apply({ index }: ChangeOrder): void {
  const change = changes[index];
  if (change === undefined) throw new Error(`there is no change ${index}`);
  const slice = located(sliceObject(change.service, config.endpoints, change.kind === 'come'));
  const atUs = nowUs();
  registry.upsert(slice);
  report({ kind: 'changed', index, atUs });
}

fill();
const app = new ControlPlaneApp({
  registries: [registry],
  xdsAddress: { host: '127.0.0.1', port: 0 },
  adminAddress: { host: '127.0.0.1', port: 0 },
  clusterDomain: DEFAULT_CLUSTER_DOMAIN,
  clock: systemClock,
  log: createLog({ clock: systemClock, level: 'warn', format: 'text', sink: (line) => console.error(line) }),
});
process.on('message', apply);
process.on('disconnect', () => process.exit());
// Through exit, so that a profile is written.
process.once('SIGTERM', () => process.exit());
const { xds } = await app.start();
await app.ready;
report({ kind: 'ready', port: xds.port });
