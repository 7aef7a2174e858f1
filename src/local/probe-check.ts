// How a probe asks: an HTTP request, a TCP connection, or a command beside the container.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { codeOf, messageOf } from '../base/coded-error.ts';
import type { ProbeCheck } from './prober.ts';
import { describeExit, type ProcessHost, type ProcessSpec } from './process-host.ts';

export interface HttpProbeTarget {
  readonly scheme: 'HTTP' | 'HTTPS';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers with a function that ends the attempt early. */
type Attempt = (finish: (failure: string | null) => void) => () => void;

/** 200–399 is success. Source: API type HTTPGetAction; certificates are not verified, as the kubelet doesn't. */
export function httpCheck(target: HttpProbeTarget, clock: Clock): ProbeCheck {
  const where = `GET ${target.scheme.toLowerCase()}://${target.host}:${target.port}${target.path}`;
  const send = target.scheme === 'HTTPS' ? httpsRequest : httpRequest;
  return within(clock, where, (finish) => {
    const request = send({
      host: target.host,
      port: target.port,
      path: target.path,
      headers: { 'user-agent': 'kube-probe/switchboard', accept: '*/*', connection: 'close', ...target.headers },
      agent: false,
      rejectUnauthorized: false,
    });
    request.on('response', (response: IncomingMessage) => {
      response.resume();
      const status = response.statusCode ?? 0;
      finish(status >= 200 && status < 400 ? null : `${where} answered ${status}`);
    });
    request.on('error', (error) => finish(`${where}: ${codeOf(error) || messageOf(error)}`));
    request.end();
    return () => request.destroy();
  });
}

/** A connection that opens is success. Source: API type TCPSocketAction. */
export function tcpCheck(host: string, port: number, clock: Clock): ProbeCheck {
  const where = `connect to ${host}:${port}`;
  return within(clock, where, (finish) => {
    const socket = connect({ host, port });
    socket.on('connect', () => finish(null));
    socket.on('error', (error) => finish(`${where}: ${codeOf(error) || messageOf(error)}`));
    return () => socket.destroy();
  });
}

/** Exit code 0 is success. Source: API type ExecAction. */
export function execCheck(spec: ProcessSpec, host: ProcessHost, clock: Clock): ProbeCheck {
  const where = `command "${spec.command.join(' ')}"`;
  return within(clock, where, (finish) => {
    const child = host.spawn(spec, (exit) => finish(exit.code === 0 ? null : `${where} ${describeExit(exit)}`));
    return () => child.signal('SIGKILL');
  });
}

/** One attempt with a deadline on `clock`; whatever it opened is ended when it is over. */
function within(clock: Clock, where: string, attempt: Attempt): ProbeCheck {
  return (timeoutMs) =>
    new Promise((resolve) => {
      let end: () => void = () => {};
      const finish = (failure: string | null): void => {
        cancel();
        end();
        resolve(failure);
      };
      const cancel = clock.after(timeoutMs, () => finish(`${where}: no answer within ${timeoutMs / 1_000} s`));
      try {
        end = attempt(finish);
      } catch (error) {
        finish(`${where}: ${messageOf(error)}`);
      }
    });
}
