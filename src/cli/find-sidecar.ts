// Where the admin server of a sidecar is: said by flag, at its usual place, or known to the control plane.
import { codeOf, messageOf } from '../base/coded-error.ts';
import { nearest } from '../base/nearest.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { parseSidecarNodeId, type SidecarName } from '../model/node-identity.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import { fetchJson } from './admin-client.ts';
import { failure } from './cli-error.ts';
import { fieldOf, listOf, textOf } from './json-value.ts';

export const SIDECAR_ADMIN_PORT = 15_000;
/** More names than this are not listed in an error. */
const MAX_LISTED = 10;

/** `NAMESPACE/POD`, or `POD` in the namespace `default`. */
export async function findSidecar(pod: string, controlPlane: SocketAddressSpec): Promise<SocketAddressSpec> {
  const wanted = pod.includes('/') ? pod : `default/${pod}`;
  const sidecars = await listSidecars(controlPlane);
  const found = sidecars.find((sidecar) => nameOf(sidecar) === wanted);
  if (found !== undefined) return adminOf(found);
  const near = nearest(wanted, sidecars.map(nameOf));
  throw failure(
    `the control plane at ${renderSocketAddress(controlPlane)} has no sidecar ${wanted}`,
    near === null ? `it has ${renderNames(sidecars)}` : `did you mean ${near}?`,
  );
}

/** For a machine without a sidecar on the usual port, such as a local mesh: the only one that the control plane knows, if it is the only one. */
export async function findOnlySidecar(controlPlane: SocketAddressSpec): Promise<SocketAddressSpec> {
  const sidecars = await listSidecars(controlPlane);
  const [only] = sidecars;
  if (only !== undefined && sidecars.length === 1) return adminOf(only);
  throw failure(
    `the control plane at ${renderSocketAddress(controlPlane)} has ${sidecars.length} sidecars`,
    only === undefined ? 'start one' : `name one by --pod: ${renderNames(sidecars)}`,
  );
}

/** An unreachable address, told with what to do. */
export function explainUnreachable(error: unknown, what: string, address: SocketAddressSpec, remedy: string): unknown {
  const code = codeOf(error);
  const shown = renderSocketAddress(address);
  if (code === 'ABORT_ERR') return failure(`${what} at ${shown} did not answer within 5 s`, remedy);
  if (!/^E[A-Z]+$/.test(code)) return error;
  const reason = code === 'ECONNREFUSED' ? 'nothing listens there' : messageOf(error);
  return failure(`${what} at ${shown} cannot be reached: ${reason}`, remedy);
}

async function listSidecars(controlPlane: SocketAddressSpec): Promise<readonly SidecarName[]> {
  const page = await fetchJson(controlPlane, '/debug/clients').catch((error: unknown) => {
    const remedy = 'name the sidecar by --admin, or the control plane by --control-plane';
    throw explainUnreachable(error, 'the control plane', controlPlane, remedy);
  });
  const sidecars = listOf(fieldOf(page, 'clients')).map((client) =>
    parseSidecarNodeId(textOf(fieldOf(client, 'nodeId'))),
  );
  return sidecars.filter((sidecar) => sidecar !== null);
}

function adminOf(sidecar: SidecarName): SocketAddressSpec {
  return { host: sidecar.podIp, port: SIDECAR_ADMIN_PORT };
}

function nameOf(sidecar: SidecarName): string {
  return `${sidecar.namespace}/${sidecar.pod}`;
}

function renderNames(sidecars: readonly SidecarName[]): string {
  const names = sidecars.map(nameOf).sort();
  const more = names.length - MAX_LISTED;
  return names.length === 0 ? 'none' : `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
