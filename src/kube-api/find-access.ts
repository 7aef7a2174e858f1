// Finds the API server as kubectl does: $KUBECONFIG, ~/.kube/config, the service account of the pod that we run in.
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { delimiter, join } from 'node:path';
import { codeOf, messageOf } from '../base/coded-error.ts';
import { errorIssue, fail, type Issue, ok, type Result } from '../base/result.ts';
import type { KubeAccess } from './kube-access.ts';
import { type KubeconfigFile, readKubeconfig } from './kubeconfig.ts';

export interface KubeSurroundings {
  /** KUBECONFIG, HOME, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of a pod's credentials; default: where Kubernetes mounts it. */
  readonly serviceAccount?: string;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads the files at once; token and certificate files are read when they are needed. */
export function findKubeAccess({ env, serviceAccount = SERVICE_ACCOUNT }: KubeSurroundings): Result<KubeAccess> {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (named.length > 0) return readFiles(named);
  const own = join(env['HOME'] ?? '', '.kube', 'config');
  if (env['HOME'] !== undefined && existsSync(own)) return readFiles([own]);
  return inCluster(env, serviceAccount) ?? fail([nothingFound(own)]);
}

/** As kubectl: of several a missing one is passed over, unless all are missing. */
function readFiles(paths: readonly string[]): Result<KubeAccess> {
  const files: KubeconfigFile[] = [];
  const issues: Issue[] = [];
  const missing: Issue[] = [];
  for (const path of paths) {
    try {
      files.push({ path, text: readFileSync(path, 'utf8') });
    } catch (error) {
      const remedy = 'name a kubeconfig that this user may read with KUBECONFIG';
      const issue = errorIssue(`can't be read: ${messageOf(error)}`, { source: path, remedy });
      (codeOf(error) === 'ENOENT' ? missing : issues).push(issue);
    }
  }
  if (files.length === 0) issues.push(...missing);
  return issues.length > 0 ? fail(issues) : readKubeconfig(files);
}

/** Null where we do not run in a pod. Source: Kubernetes, accessing the API from a Pod. */
function inCluster(env: KubeSurroundings['env'], folder: string): Result<KubeAccess> | null {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  const tokenFile = join(folder, 'token');
  if (host === undefined || port === undefined || !existsSync(tokenFile)) return null;
  return ok({
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    source: `the service account of this pod (${folder})`,
    ca: { file: join(folder, 'ca.crt') },
    skipVerify: false,
    serverName: '',
    proxyUrl: '',
    user: { tokenFile },
  });
}

function nothingFound(own: string): Issue {
  return errorIssue('no API server is named: KUBECONFIG is not set, and this is no pod with a service account', {
    remedy: `set KUBECONFIG, or write ${own} (kubectl config view shows what kubectl uses)`,
  });
}
