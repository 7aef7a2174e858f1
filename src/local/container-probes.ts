// Turns the probes and the preStop hook of a manifest into functions that ask.
import { type Clock, sleep } from '../base/clock.ts';
import { type Result, renderIssue } from '../base/result.ts';
import type { Container } from '../kube/container.ts';
import type { ExecAction, HttpGetAction, LifecycleHandler, Probe } from '../kube/probe.ts';
import type { ProbeSpec } from './container-runner.ts';
import { execCheck, httpCheck, tcpCheck } from './probe-check.ts';
import type { ProbeCheck } from './prober.ts';
import type { ProcessHost, ProcessSpec } from './process-host.ts';

export interface ProbeContext {
  readonly clock: Clock;
  readonly host: ProcessHost;
  /** Where ports are asked that name no host: the pod's address. */
  readonly address: string;
  readonly container: Container;
  /** A command beside the container. */
  readonly exec: (command: readonly string[]) => Result<ProcessSpec>;
}

/** null where there is no probe. */
export function probeSpec(probe: Probe | undefined, context: ProbeContext): ProbeSpec | null {
  return probe === undefined ? null : { timings: probe, check: probeCheck(probe, context) };
}

function probeCheck(probe: Probe, context: ProbeContext): ProbeCheck {
  if (probe.httpGet !== undefined) return httpProbe(probe.httpGet, context);
  if (probe.exec !== undefined) return execProbe(probe.exec, context);
  const target = probe.tcpSocket ?? { port: probe.grpc?.port ?? 0 };
  return tcpCheck(target.host ?? context.address, portNumber(target.port, context.container), context.clock);
}

/** Runs once; its outcome stops nothing. Source: API type LifecycleHandler. */
export function preStopCheck(handler: LifecycleHandler | undefined, context: ProbeContext): ProbeCheck | null {
  if (handler?.exec !== undefined) return execProbe(handler.exec, context);
  if (handler?.httpGet !== undefined) return httpProbe(handler.httpGet, context);
  const seconds = handler?.sleep?.seconds;
  if (seconds === undefined) return null;
  return async (timeoutMs) => {
    await sleep(context.clock, Math.min(timeoutMs, seconds * 1_000));
    return null;
  };
}

function httpProbe(action: HttpGetAction, { address, container, clock }: ProbeContext): ProbeCheck {
  return httpCheck(
    {
      scheme: action.scheme,
      host: action.host ?? address,
      port: portNumber(action.port, container),
      path: action.path.startsWith('/') ? action.path : `/${action.path}`,
      headers: Object.fromEntries(action.httpHeaders.map(({ name, value }) => [name, value])),
    },
    clock,
  );
}

/** Variables and files may change between two asks, so the process is described anew for each. */
function execProbe(action: ExecAction, { exec, host, clock }: ProbeContext): ProbeCheck {
  return (timeoutMs) => {
    const spec = exec(action.command);
    if (spec.ok) return execCheck(spec.value, host, clock)(timeoutMs);
    return Promise.resolve(spec.issues.map(renderIssue).join('; '));
  };
}

function portNumber(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  return container.ports.find(({ name }) => name === port)?.containerPort ?? 0;
}
