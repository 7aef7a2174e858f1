// Reads kubeconfig files as kubectl does: several are one, and the first that names something counts.
import { dirname, isAbsolute, join } from 'node:path';
import { errorIssue, fail, type Issue, ok, type Result } from '../base/result.ts';
import { lineFinder, parseDocuments } from '../kube/document.ts';
import { Fields, isMapping, withoutUndefined } from '../kube/fields.ts';
import type { ExecPlugin, KubeAccess, KubeUser, PemSource } from './kube-access.ts';

export interface KubeconfigFile {
  readonly path: string;
  readonly text: string;
}

type Cluster = Pick<KubeAccess, 'server' | 'ca' | 'skipVerify' | 'serverName' | 'proxyUrl'>;

interface Context {
  readonly cluster: string;
  readonly user: string;
}

/** What one file, or all of them, name. */
interface Named {
  current: string;
  readonly clusters: Map<string, Cluster>;
  readonly users: Map<string, KubeUser>;
  readonly contexts: Map<string, Context>;
  readonly issues: Issue[];
}

/** Plain HTTP is fine on one machine and nowhere else: tokens would be for all to read. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const PROXY_SCHEMES = ['http:', 'https:'];

/** The access of the current context, or every problem that stands in the way. Source: Config of client-go's clientcmd/api/v1. */
export function readKubeconfig(files: readonly KubeconfigFile[]): Result<KubeAccess> {
  const named: Named = { current: '', clusters: new Map(), users: new Map(), contexts: new Map(), issues: [] };
  for (const file of files) readFile(file, named);
  const source = files.map(({ path }) => path).join(', ');
  const { issues, current } = named;
  const context = named.contexts.get(current);
  if (issues.length > 0) return fail(issues);
  if (context === undefined) return fail([noContext(source, current, [...named.contexts.keys()])]);
  const cluster = named.clusters.get(context.cluster);
  if (cluster === undefined) return fail([nowhere(source, `cluster "${context.cluster}" of context "${current}"`)]);
  const user = context.user === '' ? {} : named.users.get(context.user);
  if (user === undefined) return fail([nowhere(source, `user "${context.user}" of context "${current}"`)]);
  return ok({ ...cluster, source, user });
}

function readFile({ path, text }: KubeconfigFile, named: Named): void {
  const { documents, issues } = parseDocuments(text, path);
  named.issues.push(...issues);
  const [document] = documents;
  if (document === undefined) return;
  const { value } = document;
  if (!isMapping(value)) {
    named.issues.push(errorIssue('is no kubeconfig', { source: path, remedy: 'name one with KUBECONFIG' }));
    return;
  }
  const lineOf = lineFinder(document.chunk);
  const report = (at: string, message: string, remedy: string) =>
    void named.issues.push(errorIssue(message, { source: path, line: lineOf(at), path: at, remedy }));
  const fields = new Fields(value, '', report);
  const folder = dirname(path);
  if (named.current === '') named.current = fields.textOr('current-context', '');
  keepFirst(named.clusters, fields, 'clusters', 'cluster', (cluster) => readCluster(cluster, folder));
  keepFirst(named.users, fields, 'users', 'user', (user) => readUser(user, folder));
  keepFirst(named.contexts, fields, 'contexts', 'context', (context) => ({
    cluster: context.requiredText('cluster'),
    user: context.textOr('user', ''),
  }));
}

function keepFirst<T>(known: Map<string, T>, file: Fields, list: string, key: string, read: (f: Fields) => T): void {
  file.list(list, (item) => {
    const name = item.requiredText('name');
    const content = item.map(key) ?? new Fields({}, `${item.path}.${key}`, () => {});
    if (!known.has(name)) known.set(name, read(content));
  });
}

function readCluster(fields: Fields, folder: string): Cluster {
  const server = fields.requiredText('server').replace(/\/$/, '');
  if (server !== '') checkServer(fields, server);
  const proxyUrl = fields.textOr('proxy-url', '');
  if (proxyUrl !== '' && !PROXY_SCHEMES.includes(URL.parse(proxyUrl)?.protocol ?? '')) {
    fields.report('proxy-url', 'is no address of an HTTP proxy', 'write http://HOST:PORT or https://HOST:PORT');
  }
  return {
    server,
    ca: readPem(fields, 'certificate-authority', folder) ?? null,
    skipVerify: fields.flag('insecure-skip-tls-verify') ?? false,
    serverName: fields.textOr('tls-server-name', ''),
    proxyUrl,
  };
}

function checkServer(fields: Fields, server: string): void {
  const url = URL.parse(server);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    fields.report('server', `"${server}" is no address of an API server`, 'write https://HOST:PORT');
  } else if (url.protocol === 'http:' && !LOOPBACK.includes(url.hostname)) {
    fields.report('server', 'is plain HTTP, which everybody on the way can read and change', 'write https://');
  }
}

function readUser(fields: Fields, folder: string): KubeUser {
  const username = fields.text('username');
  if (fields.has('auth-provider')) {
    const remedy = 'use its exec plugin instead (users[].user.exec), as kubectl does since 1.26';
    fields.report('auth-provider', 'is not read: Kubernetes has removed it', remedy);
  }
  if (fields.has('as')) fields.report('as', 'is not read', 'name a user that has the rights itself');
  const tokenFile = fields.text('tokenFile');
  return withoutUndefined({
    token: fields.text('token'),
    tokenFile: tokenFile === undefined ? undefined : fileIn(folder, tokenFile),
    certificate: readPem(fields, 'client-certificate', folder),
    key: readPem(fields, 'client-key', folder),
    basic: username === undefined ? undefined : { username, password: fields.textOr('password', '') },
    exec: readExec(fields.map('exec'), folder),
  });
}

/** Data wins over the file. */
function readPem(fields: Fields, key: string, folder: string): PemSource | undefined {
  const data = fields.text(`${key}-data`);
  if (data !== undefined && data !== '') return { pem: Buffer.from(data, 'base64').toString('utf8') };
  const file = fields.text(key);
  return file === undefined || file === '' ? undefined : { file: fileIn(folder, file) };
}

function readExec(fields: Fields | undefined, folder: string): ExecPlugin | undefined {
  if (fields === undefined) return undefined;
  const command = fields.requiredText('command');
  const env = fields.list('env', (item) => [item.requiredText('name'), item.textOr('value', '')] as const);
  return {
    apiVersion: fields.requiredText('apiVersion'),
    // As kubectl: a name alone is looked for on PATH, a relative path beside the file.
    command: command.includes('/') ? fileIn(folder, command) : command,
    args: fields.texts('args') ?? [],
    env: Object.fromEntries(env),
  };
}

function fileIn(folder: string, file: string): string {
  return isAbsolute(file) ? file : join(folder, file);
}

function noContext(source: string, current: string, known: readonly string[]): Issue {
  const message = current === '' ? 'names no current-context' : `has no context "${current}"`;
  const remedy = known.length === 0 ? 'add one' : `kubectl config use-context ${known.slice(0, 10).join('|')}`;
  return errorIssue(message, { source, path: 'current-context', remedy });
}

function nowhere(source: string, what: string): Issue {
  return errorIssue(`has no ${what}`, { source, remedy: 'add it, or name another context' });
}
