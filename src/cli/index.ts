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
    name: 'clusters',
    summary: 'show how one sidecar chooses pods of each Service, whom it takes out, what it limits',
    daemon: false,
    load: async () => (await import('./clusters.ts')).buildClustersCommand,
  },
  {
    name: 'routes',
    summary: 'show where one sidecar sends which requests, how long it waits, what it tries again',
    daemon: false,
    load: async () => (await import('./routes.ts')).buildRoutesCommand,
  },
  {
    name: 'listeners',
    summary: 'show where one sidecar takes connections',
    daemon: false,
    load: async () => (await import('./listeners.ts')).buildListenersCommand,
  },
  {
    name: 'simulate',
    summary: 'try a policy on a virtual clock: load by pod, retries, ejections, moved sessions, latency, errors',
    daemon: false,
    load: async () => (await import('./simulate.ts')).buildSimulateCommand,
  },
];
