// A KubeClient over HTTP, through undici. Loaded when the first API server is asked.
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { codeOf, messageOf } from '../base/coded-error.ts';
import type { CredentialSource, TlsMaterial } from './credentials.ts';
import type { KubeAccess } from './kube-access.ts';
import { jsonLines, readWhole, TooLarge } from './kube-body.ts';
import type {
  KubeClient,
  KubeListOptions,
  KubeListPage,
  KubeValue,
  KubeWatchEvent,
  KubeWatchOptions,
  KubeWriteOptions,
} from './kube-client.ts';
import { errorOfStatus, type KubeAsk, KubeError, tooLarge, unreachable } from './kube-error.ts';
import { collectionPath, type KubeObjectRef, type KubeResource, namespacePath, objectPath } from './kube-resource.ts';
import { bookmarkOrEvent, listPageOf, statusOf } from './kube-values.ts';

/** Of a list, a page; of all else, an object. The API server itself takes objects of 1.5 MiB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** An event of a watch carries one object, its managedFields included. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;
/** A server that takes longer to begin its answer, or makes a pause so long in it, is gone for us. */
const ANSWER_MS = 30_000;
const CONNECT_MS = 10_000;
/** Idle connections are kept so long: lists and watches of many kinds begin in the same moments. */
const KEPT_MS = 30_000;
const MAX_RETRY_AFTER_S = 60;

interface Sent {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: KubeValue;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** Events may be minutes apart. */
  readonly patient?: boolean;
}

interface Answered {
  readonly answer: Dispatcher.ResponseData;
  /** That it was asked with. */
  readonly authorization: string;
}

interface Held {
  readonly tls: TlsMaterial;
  readonly dispatcher: Dispatcher;
}

export class HttpKubeClient implements KubeClient {
  readonly server: string;
  readonly #access: KubeAccess;
  readonly #credentials: CredentialSource;
  readonly #agent: string;
  #held: Held | null = null;

  /** `agent`: how we name ourselves, `switchboard/1.2.3`. */
  constructor(access: KubeAccess, credentials: CredentialSource, agent: string) {
    this.server = access.server;
    this.#access = access;
    this.#credentials = credentials;
    this.#agent = agent;
  }

  async list(resource: KubeResource, options: KubeListOptions): Promise<KubeListPage> {
    const ask = this.#ask('list', resource);
    const query = { limit: String(options.limit), ...(options.continue === '' ? {} : { continue: options.continue }) };
    const sent: Sent = { method: 'GET', path: collectionPath(resource), query, signal: options.signal };
    return listPageOf(await this.#value(ask, sent), ask);
  }

  async *watch(resource: KubeResource, options: KubeWatchOptions): AsyncGenerator<KubeWatchEvent> {
    const ask = this.#ask('watch', resource);
    const { resourceVersion, timeoutSeconds, signal } = options;
    const query = { watch: '1', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds: String(timeoutSeconds) };
    const path = collectionPath(resource);
    const { body } = await this.#answer(ask, { method: 'GET', path, query, signal, patient: true });
    try {
      options.onOpen?.();
      for await (const line of jsonLines(body, MAX_EVENT_BYTES)) yield bookmarkOrEvent(line, ask);
    } catch (error) {
      throw explain(error, ask);
    } finally {
      body.destroy();
    }
  }

  async read(resource: KubeResource, ref: KubeObjectRef, signal?: AbortSignal): Promise<KubeValue | null> {
    const sent: Sent = { method: 'GET', path: objectPath(resource, ref), signal };
    try {
      return await this.#value(this.#ask('get', resource), sent);
    } catch (error) {
      if (codeOf(error) === 'kube_not_found') return null;
      throw error;
    }
  }

  create(resource: KubeResource, namespace: string, object: KubeValue, options: KubeWriteOptions): Promise<KubeValue> {
    const path = namespacePath(resource, namespace);
    return this.#value(this.#ask('create', resource), { method: 'POST', path, body: object, ...written(options) });
  }

  replace(resource: KubeResource, ref: KubeObjectRef, body: KubeValue, options: KubeWriteOptions): Promise<KubeValue> {
    const path = objectPath(resource, ref);
    return this.#value(this.#ask('update', resource), { method: 'PUT', path, body, ...written(options) });
  }

  patchStatus(
    resource: KubeResource,
    ref: KubeObjectRef,
    body: KubeValue,
    options: KubeWriteOptions,
  ): Promise<KubeValue> {
    const ask = { ...this.#ask('patch', resource), subresource: 'status' };
    const path = objectPath(resource, ref, 'status');
    const contentType = 'application/merge-patch+json';
    return this.#value(ask, { method: 'PATCH', path, body, ...written(options), contentType });
  }

  async close(): Promise<void> {
    const held = this.#held;
    this.#held = null;
    await held?.dispatcher.destroy();
  }

  #ask(verb: KubeAsk['verb'], resource: KubeResource): KubeAsk {
    return { server: this.server, verb, resource };
  }

  async #value(ask: KubeAsk, sent: Sent): Promise<KubeValue> {
    const { body } = await this.#answer(ask, sent);
    try {
      return JSON.parse(await readWhole(body, MAX_ANSWER_BYTES));
    } catch (error) {
      body.destroy();
      throw explain(error, ask);
    }
  }

  /** One that is a success. A refused credential is fetched anew and tried once more. */
  async #answer(ask: KubeAsk, sent: Sent): Promise<Dispatcher.ResponseData> {
    const first = await this.#send(ask, sent);
    if (first.answer.statusCode < 300) return first.answer;
    const error = await refusal(ask, first.answer);
    if (error.code !== 'kube_unauthorized' || !this.#credentials.forget(first.authorization)) throw error;
    const { answer } = await this.#send(ask, sent);
    if (answer.statusCode < 300) return answer;
    throw await refusal(ask, answer);
  }

  async #send(ask: KubeAsk, sent: Sent): Promise<Answered> {
    try {
      const { authorization, tls } = await this.#credentials.now();
      const { method, path, query = {}, body, contentType = 'application/json', signal } = sent;
      const url = new URL(this.server);
      const search = Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`;
      const answer = await this.#dispatcher(tls).request({
        ...{ origin: url.origin, method, path: `${url.pathname.replace(/\/$/, '')}${path}${search}` },
        headers: headersOf(this.#agent, authorization, body === undefined ? '' : contentType),
        ...{ body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null },
        bodyTimeout: sent.patient === true ? 0 : ANSWER_MS,
      });
      // Whoever reads the body hears of it; one that is given up before its end is nobody's error.
      answer.body.on('error', () => {});
      return { answer, authorization };
    } catch (error) {
      throw explain(error, ask);
    }
  }

  /** Another one when the certificates have become others; what runs on the one before goes on. */
  #dispatcher(tls: TlsMaterial): Dispatcher {
    const held = this.#held;
    if (held !== null && sameTls(held.tls, tls)) return held.dispatcher;
    const dispatcher = makeDispatcher(this.#access, tls);
    this.#held = { tls, dispatcher };
    void held?.dispatcher.close().catch(() => {});
    return dispatcher;
  }
}

function headersOf(agent: string, authorization: string, contentType: string): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': agent,
    ...(authorization === '' ? {} : { authorization }),
    ...(contentType === '' ? {} : { 'content-type': contentType }),
  };
}

function written({ fieldManager, signal }: KubeWriteOptions): Pick<Sent, 'query' | 'signal'> {
  return { query: { fieldManager }, signal };
}

function makeDispatcher(access: KubeAccess, { ca, cert, key }: TlsMaterial): Dispatcher {
  const tls = {
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert, key }),
    ...(access.serverName === '' ? {} : { servername: access.serverName }),
    rejectUnauthorized: !access.skipVerify,
  };
  const options = { headersTimeout: ANSWER_MS, keepAliveTimeout: KEPT_MS, pipelining: 1 };
  const connect = { timeout: CONNECT_MS, keepAlive: true, keepAliveInitialDelay: KEPT_MS, ...tls };
  if (access.proxyUrl === '') return new Agent({ ...options, connect });
  return new ProxyAgent({ ...options, uri: access.proxyUrl, requestTls: connect });
}

function sameTls(left: TlsMaterial, right: TlsMaterial): boolean {
  return left.ca === right.ca && left.cert === right.cert && left.key === right.key;
}

async function refusal(ask: KubeAsk, { statusCode, headers, body }: Dispatcher.ResponseData): Promise<KubeError> {
  const said = await readWhole(body, MAX_ANSWER_BYTES).catch(() => '');
  return errorOfStatus(ask, statusCode, statusOf(said), retryAfterMs(String(headers['retry-after'] ?? '')));
}

/** Only seconds: the API server writes no dates. */
function retryAfterMs(text: string): number {
  const seconds = Number(text);
  return text !== '' && seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_S) * 1_000 : 0;
}

function explain(error: unknown, ask: KubeAsk): KubeError {
  if (error instanceof KubeError) return error;
  if (error instanceof TooLarge) return tooLarge(ask, error.what, error.limitBytes);
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
  return unreachable(ask, `${messageOf(error) || codeOf(error)}${cause}`);
}
