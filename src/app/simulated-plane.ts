// The data plane of a simulated sidecar: what a real one runs, with the settings that it has by default, on the simulation's clock.
import { Socket } from 'node:net';
import { silentLog } from '../base/log.ts';
import { ENV_NAMES, PROXY_SETTINGS, type ProxySettings } from '../config/index.ts';
import { parseSettings } from '../config/parse-settings.ts';
import type { PlaneOptions, SimulatedPlane } from '../simulate/simulation.ts';
import { LocalPlane } from './local-plane.ts';

/** Simulated sidecars share the memory of this process: how full it is says nothing about one of them. */
const NO_MARK = Number.POSITIVE_INFINITY;

/** Whatever is not simulated (a mirrored request, a tunnel) reaches nobody, and knows it at once. */
function dialNobody(host: string, port: number): Socket {
  const socket = new Socket();
  // Not everybody listens, and nobody has to.
  socket.on('error', () => {});
  return socket.destroy(new Error(`${host}:${port} is simulated, and takes no connection`));
}

export function createSimulatedPlane({ zone, ...options }: PlaneOptions): SimulatedPlane {
  const plane = new LocalPlane({
    settings: { ...defaultSettings(), ...(zone === '' ? {} : { zone }) },
    ...{ ...options, demand: null, log: silentLog, dial: dialNobody },
    memoryMarkBytes: NO_MARK,
    usedMemoryBytes: () => 0,
  });
  const { dataPlane } = plane;
  return {
    apply: (changes) => plane.apply(changes),
    get listeners() {
      return dataPlane.listeners;
    },
    close: () => void plane.close(),
  };
}

function defaultSettings(): ProxySettings {
  const settings = parseSettings(PROXY_SETTINGS, { SWITCHBOARD_ACCESS_LOG: 'off' }, ENV_NAMES);
  if (!settings.ok) throw new Error('the defaults of the settings are none that they may have');
  return settings.value;
}
