// What a request to the API server carries to say who asks, read again as files and plugins renew it.
import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/coded-error.ts';
import type { ExecPlugin, KubeAccess, PemSource, RunPlugin } from './kube-access.ts';

export interface Credentials {
  /** Value of `authorization`; '' = none. */
  readonly authorization: string;
  readonly tls: TlsMaterial;
}

/** PEM texts; '' = none. */
export interface TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Source: ExecCredentialStatus of client.authentication.k8s.io/v1. */
interface PluginAnswer {
  readonly token: string;
  readonly cert: string;
  readonly key: string;
  /** Since the epoch, ms; Infinity = does not say. */
  readonly expiresMs: number;
}

/** Renewed so long before it ends, as the clocks of two machines differ. */
const EARLY_MS = 10_000;

export class CredentialSource {
  readonly #access: KubeAccess;
  readonly #runPlugin: RunPlugin;
  readonly #clock: Clock;
  #plugin: Promise<PluginAnswer> | null = null;
  /** What was handed out last. */
  #given = '';

  constructor(access: KubeAccess, runPlugin: RunPlugin, clock: Clock) {
    this.#access = access;
    this.#runPlugin = runPlugin;
    this.#clock = clock;
  }

  /** Rejects with what could not be read. */
  async now(): Promise<Credentials> {
    const { user, ca } = this.#access;
    const plugin = user.exec === undefined ? null : await this.#askPlugin(user.exec);
    const [rootPem, cert, key, token] = await Promise.all([
      pemOf(ca ?? undefined),
      pemOf(user.certificate),
      pemOf(user.key),
      user.tokenFile === undefined ? user.token : readFile(user.tokenFile, 'utf8'),
    ]);
    const bearer = (token ?? plugin?.token ?? '').trim();
    const tls = { ca: rootPem, cert: cert || (plugin?.cert ?? ''), key: key || (plugin?.key ?? '') };
    this.#given = bearer === '' ? basic(user.basic) : `Bearer ${bearer}`;
    return { authorization: this.#given, tls };
  }

  /** The server does not take `authorization`. True: where it came from a plugin, which is asked again; then it is worth another try. */
  forget(authorization: string): boolean {
    if (this.#access.user.exec === undefined) return false;
    // Another request may have had it renewed already.
    if (authorization === this.#given) this.#plugin = null;
    return true;
  }

  /** Once for all who ask meanwhile. */
  async #askPlugin(exec: ExecPlugin): Promise<PluginAnswer> {
    const known = this.#plugin;
    if (known !== null) {
      const answer = await known;
      if (this.#clock.wallNow() < answer.expiresMs - EARLY_MS) return answer;
    }
    if (this.#plugin === known) this.#plugin = this.#run(exec);
    return this.#plugin ?? this.#askPlugin(exec);
  }

  /** What fails is not kept. */
  #run(exec: ExecPlugin): Promise<PluginAnswer> {
    const asked = this.#runPlugin(exec, { KUBERNETES_EXEC_INFO: execInfo(exec) }).then((said) =>
      readAnswer(exec, said),
    );
    asked.catch(() => {
      if (this.#plugin === asked) this.#plugin = null;
    });
    return asked;
  }
}

function execInfo({ apiVersion }: ExecPlugin): string {
  return JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } });
}

/** What the plugin printed is never part of a message: it is a secret. */
function readAnswer({ command }: ExecPlugin, said: string): PluginAnswer {
  const status = statusOf(said);
  if (status === null) throw new Error(`"${command}" prints no ExecCredential with a status`);
  const text = (key: string): string => (typeof status[key] === 'string' ? status[key] : '');
  const expires = Date.parse(text('expirationTimestamp'));
  return {
    token: text('token'),
    cert: text('clientCertificateData'),
    key: text('clientKeyData'),
    expiresMs: Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires,
  };
}

function statusOf(said: string): Readonly<Record<string, unknown>> | null {
  try {
    const { status } = JSON.parse(said);
    return typeof status === 'object' ? status : null;
  } catch {
    return null;
  }
}

async function pemOf(source: PemSource | undefined): Promise<string> {
  if (source === undefined) return '';
  if ('pem' in source) return source.pem;
  try {
    return await readFile(source.file, 'utf8');
  } catch (error) {
    throw new Error(`${source.file} can't be read: ${messageOf(error)}`);
  }
}

function basic(user: { readonly username: string; readonly password: string } | undefined): string {
  if (user === undefined) return '';
  return `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
}
