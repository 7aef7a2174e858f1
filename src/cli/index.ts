// The table of commands: one file and one row each.
import type { CommandRow } from './command.ts';

export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'proxy',
    summary: 'run a sidecar: balances the calls of one pod over live endpoints',
    daemon: true,
    load: async () => (await import('./proxy.ts')).buildProxyCommand,
  },
  {
    name: 'control-plane',
    summary: 'tell sidecars which pods stand behind each Service, over xDS v3',
    daemon: true,
    load: async () => (await import('./control-plane.ts')).buildControlPlaneCommand,
  },
  {
    name: 'up',
    summary: 'run a folder of manifests on this machine: pods as processes, control plane, sidecars',
    daemon: true,
    load: async () => (await import('./up.ts')).buildUpCommand,
  },
  {
    name: 'status',
    summary: 'show every client of the control plane, and whether it has the newest configuration',
    daemon: false,
    load: async () => (await import('./status.ts')).buildStatusCommand,
  },
  {
    name: 'endpoints',
    summary: 'show what one sidecar holds: Services, their pods, health and requests',
    daemon: false,
    load: async () => (await import('./endpoints.ts')).buildEndpointsCommand,
  },
  {
    name: 'simulate',
    summary: 'try a policy on a virtual clock: load by pod, retries, ejections, moved sessions, latency, errors',
    daemon: false,
    load: async () => (await import('./simulate.ts')).buildSimulateCommand,
  },
];
