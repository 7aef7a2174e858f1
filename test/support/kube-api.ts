// A real API server of Kubernetes with its etcd, on free ports of loopback, in a folder of its own.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { freePort } from './free-port.ts';
import type { PeerPaths } from './peer-suite.ts';
import { TempFolder } from './temp-folder.ts';

const TOKEN = 'only-for-this-test';
/** Of somebody who may do only what is allowed to `READER`. */
export const READER_TOKEN = 'may-only-read';
export const READER = 'reader';
const START_MS = 60_000;
const LOOK_AGAIN_MS = 100;

export interface KubeAnswer {
  readonly status: number;
  readonly body: KubeBody;
}

/** What is asked of an answer. Source: metav1.Status. */
export interface KubeBody {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message?: string }[] };
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface KubeApiOptions {
  /** As servers have it by default: watches get bookmarks. Absent = it starts a little sooner without. */
  readonly watchCache?: boolean;
}

export class KubeApi {
  readonly #folder = new TempFolder();
  readonly #children: ChildProcess[] = [];
  readonly #watchCache: boolean;
  #server: ChildProcess | null = null;
  #serverPath = '';
  #store = '';
  #port = 0;
  #ca = '';
  #said = '';

  private constructor({ watchCache = false }: KubeApiOptions) {
    this.#watchCache = watchCache;
  }

  /** Resolves when it answers. */
  static async start(paths: PeerPaths, options: KubeApiOptions = {}): Promise<KubeApi> {
    const api = new KubeApi(options);
    try {
      await api.#start(paths);
      return api;
    } catch (error) {
      await api.close();
      throw error;
    }
  }

  /** YAML is JSON's superset: `body` may be either. */
  call(
    method: string,
    path: string,
    body = '',
    contentType = 'application/yaml',
    accept = 'application/json',
  ): Promise<KubeAnswer> {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': contentType, accept };
    const options = { host: '127.0.0.1', port: this.#port, method, path, headers, ca: this.#ca, agent: false };
    return new Promise((resolve, reject) => {
      const sent = request({ ...options, servername: 'kubernetes' }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({
            status: answer.statusCode ?? 0,
            body: text.startsWith('{') ? JSON.parse(text) : { message: text },
          });
        });
        answer.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Asks until the answer has that status. */
  async until(status: number, ...ask: Parameters<KubeApi['call']>): Promise<KubeAnswer> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      const answer = await this.call(...ask).catch((error: Error) => ({ status: 0, body: { message: error.message } }));
      if (answer.status === status) return answer;
      if (
        performance.now() > deadline ||
        [...this.#children, this.#server].some((child) => child !== null && child.exitCode !== null)
      ) {
        throw new Error(`${ask[0]} ${ask[1]} answers ${answer.status} ${answer.body.message ?? ''}\n${this.#said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** A file that names this server and a user; by default the one who may do everything. */
  writeKubeconfig(token = TOKEN): string {
    const path = this.#folder.at(`kubeconfig-${token}`);
    const data = Buffer.from(this.#ca).toString('base64');
    const server = `https://127.0.0.1:${this.#port}`;
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
      clusters: [
        { name: 'test', cluster: { server, 'certificate-authority-data': data, 'tls-server-name': 'kubernetes' } },
      ],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    };
    this.#folder.write(`kubeconfig-${token}`, JSON.stringify(config));
    return path;
  }

  /** At once, as when its machine fails. What it was told stays in its store. */
  async stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server !== null) await end(server);
  }

  /** On the same port, with the same certificates. */
  async startServer(): Promise<void> {
    this.#server = this.#runServer();
    await this.until(200, 'GET', '/readyz');
  }

  async close(): Promise<void> {
    await this.stopServer();
    for (const child of this.#children.toReversed()) await end(child);
    this.#folder.remove();
  }

  async #start(paths: PeerPaths): Promise<void> {
    const folder = this.#folder;
    const [clients, peers] = [await freePort(), await freePort()];
    const store = `http://127.0.0.1:${clients}`;
    const mates = `http://127.0.0.1:${peers}`;
    const etcd = this.#run(paths['etcd'] ?? '', [
      ...['--data-dir', folder.at('etcd'), '--listen-client-urls', store, '--advertise-client-urls', store],
      ...['--listen-peer-urls', mates, '--initial-advertise-peer-urls', mates],
      ...['--initial-cluster', `default=${mates}`, '--unsafe-no-fsync'],
    ]);
    this.#children.push(etcd);
    const key = folder.at('sa.key');
    execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' });
    folder.write('tokens.csv', `${TOKEN},test,test,system:masters\n${READER_TOKEN},${READER},reader\n`);
    this.#port = await freePort();
    this.#serverPath = paths['kube-apiserver'] ?? '';
    this.#store = store;
    this.#server = this.#runServer();
    await this.#certificates();
    await this.until(200, 'GET', '/readyz');
  }

  #runServer(): ChildProcess {
    const folder = this.#folder;
    const key = folder.at('sa.key');
    return this.#run(this.#serverPath, [
      ...[`--etcd-servers=${this.#store}`, '--bind-address=127.0.0.1', `--secure-port=${this.#port}`],
      ...[`--cert-dir=${folder.at('certificates')}`, '--service-account-issuer=https://kubernetes.default.svc'],
      ...[`--service-account-key-file=${key}`, `--service-account-signing-key-file=${key}`],
      ...['--service-cluster-ip-range=10.96.0.0/16', `--token-auth-file=${folder.at('tokens.csv')}`],
      ...['--authorization-mode=RBAC', '--disable-admission-plugins=ServiceAccount'],
      `--watch-cache=${this.#watchCache}`,
    ]);
  }

  /** It makes its own. */
  async #certificates(): Promise<void> {
    const deadline = performance.now() + START_MS;
    while (this.#ca === '') {
      try {
        this.#ca = readFileSync(this.#folder.at('certificates/apiserver.crt'), 'utf8');
      } catch {
        if (performance.now() > deadline) throw new Error(`the API server made no certificate\n${this.#said}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    }
  }

  #run(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, { cwd: this.#folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        this.#said = `${this.#said}${bytes}`.slice(-4_000);
      });
    }
    return child;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
