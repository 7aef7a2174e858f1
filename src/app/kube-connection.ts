// The way to the API server of this process's surroundings, and the programs that kubeconfigs name to say who asks.
import { execFile } from 'node:child_process';
import type { Clock } from '../base/clock.ts';
import { codeOf } from '../base/coded-error.ts';
import { ok, type Result } from '../base/result.ts';
import { connectKube } from '../kube-api/connect-kube.ts';
import { findKubeAccess } from '../kube-api/find-access.ts';
import type { RunPlugin } from '../kube-api/kube-access.ts';
import type { ConnectKube } from '../kube-api/kube-client.ts';

/** As it stands in audit logs of the server. */
const AGENT = 'switchboard-control-plane';
/** A program that takes longer, ms, or prints more, bytes, says nothing that we wait for. */
const PLUGIN_MS = 60_000;
const PLUGIN_BYTES = 1024 * 1024;
/** Of what a program complains of, in a message. */
const MAX_COMPLAINT = 300;

/** Every problem of the kubeconfig. Nothing is asked before the client is made. */
export function findKube(env: Readonly<Record<string, string | undefined>>, clock: Clock): Result<ConnectKube> {
  const access = findKubeAccess({ env });
  if (!access.ok) return access;
  return ok(connectKube(access.value, { clock, runPlugin: pluginRunner(env), agent: AGENT }));
}

export function pluginRunner(env: Readonly<Record<string, string | undefined>>): RunPlugin {
  return ({ command, args, env: own }, info) =>
    new Promise((resolve, reject) => {
      const options = { env: { ...env, ...own, ...info }, timeout: PLUGIN_MS, maxBuffer: PLUGIN_BYTES };
      execFile(command, [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(explain(command, error, stderr)));
      });
    });
}

/** What it printed is a secret, what it complained of is not. */
function explain(command: string, error: Error & { readonly killed?: boolean }, stderr: string): string {
  if (codeOf(error) === 'ENOENT') return `the plugin "${command}" of the kubeconfig is not a program on PATH`;
  if (error.killed === true) return `the plugin "${command}" of the kubeconfig did not end, or printed too much`;
  return `the plugin "${command}" of the kubeconfig failed: ${stderr.trim().slice(0, MAX_COMPLAINT)}`;
}
