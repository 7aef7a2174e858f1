// An API server in memory, behind the seam of its client: pages, watches, versions, and every fault that a test asks for.
import type {
  KubeClient,
  KubeListOptions,
  KubeListPage,
  KubeValue,
  KubeWatchEvent,
  KubeWatchOptions,
  KubeWriteOptions,
} from '../../src/kube-api/kube-client.ts';
import { errorOfStatus, type KubeVerb } from '../../src/kube-api/kube-error.ts';
import { apiVersionOf, type KubeObjectRef, type KubeResource, resourceName } from '../../src/kube-api/kube-resource.ts';
import { textOf } from '../../src/kube-api/kube-values.ts';

interface Stored {
  readonly resource: string;
  readonly object: KubeValue;
}

interface OpenWatch {
  readonly resource: string;
  push(event: KubeWatchEvent): void;
  /** With an error it breaks, else the server ends it in order. */
  end(error?: Error): void;
}

const SERVER = 'https://api.test';

export class ScriptedKube implements KubeClient {
  readonly server = SERVER;
  /** What was asked, a line each: `list services`, `list services page 2`, `watch services from 7`, `patch status of httproutes… default/web`. */
  readonly asked: string[] = [];
  /** Bodies of writes, in order. */
  readonly written: KubeValue[] = [];
  readonly #objects = new Map<string, Stored>();
  readonly #faults: { readonly ask: string; readonly error: Error | null; times: number }[] = [];
  readonly #watches = new Set<OpenWatch>();
  /** What watches are told that begin at an earlier version. */
  readonly #history: { readonly resource: string; readonly version: number; readonly event: KubeWatchEvent }[] = [];
  #oldest = 0;
  #version = 0;

  /** Adds or replaces, and tells the watches. `fields`: without apiVersion and kind. */
  put(resource: KubeResource, ref: KubeObjectRef, fields: KubeValue = {}): KubeValue {
    const key = keyOf(resource, ref);
    const known = this.#objects.has(key);
    this.#version += 1;
    const { metadata, ...rest } = fields as { readonly metadata?: KubeValue };
    const place = resource.namespaced ? { ...ref } : { name: ref.name };
    const object = {
      ...{ apiVersion: apiVersionOf(resource), kind: resource.kind },
      metadata: { uid: `uid-${key}`, ...metadata, ...place, resourceVersion: String(this.#version) },
      ...rest,
    };
    this.#objects.set(key, { resource: resourceName(resource), object });
    this.#tell(resource, { type: known ? 'MODIFIED' : 'ADDED', object });
    return object;
  }

  remove(resource: KubeResource, ref: KubeObjectRef): void {
    const stored = this.#objects.get(keyOf(resource, ref));
    if (stored === undefined) return;
    this.#version += 1;
    this.#objects.delete(keyOf(resource, ref));
    const metadata = { ...metadataOf(stored.object), resourceVersion: String(this.#version) };
    this.#tell(resource, { type: 'DELETED', object: { ...stored.object, metadata } });
  }

  /** Without a word to the watches. */
  removeSilently(resource: KubeResource, ref: KubeObjectRef): void {
    this.#version += 1;
    this.#objects.delete(keyOf(resource, ref));
  }

  /** Forgets its history: watches that begin at an earlier version than now are told that they can't. */
  compact(): void {
    this.#version += 1;
    this.#oldest = this.#version;
  }

  /** The next `times` asks that begin with `ask` fail; with null they are never answered, until they are given up. */
  fail(ask: string, error: Error | null, times = 1): void {
    this.#faults.push({ ask, error, times });
  }

  /** The answers that an API server gives. */
  failWith(verb: KubeVerb, resource: KubeResource, status: number, times = 1, said = ''): void {
    const error = errorOfStatus({ server: SERVER, verb, resource }, status, said);
    this.fail(`${verb} ${resourceName(resource)}`, error, times);
  }

  mend(): void {
    this.#faults.length = 0;
  }

  bookmark(resource: KubeResource, version = String(this.#version)): void {
    this.#tell(resource, { type: 'BOOKMARK', object: { metadata: { resourceVersion: version } } });
  }

  /** Ends the open watches of `resource`, or of all. */
  endWatches(resource?: KubeResource, error?: Error): void {
    for (const watch of [...this.#watches]) {
      if (resource === undefined || watch.resource === resourceName(resource)) watch.end(error);
    }
  }

  get openWatches(): readonly string[] {
    return [...this.#watches].map((watch) => watch.resource).sort();
  }

  async list(resource: KubeResource, options: KubeListOptions): Promise<KubeListPage> {
    const offset = Number(options.continue || '0');
    const page = offset === 0 ? '' : ` page ${offset / options.limit + 1}`;
    await this.#ask(`list ${resourceName(resource)}${page}`, options.signal);
    const all = [...this.#objects.values()].filter((stored) => stored.resource === resourceName(resource));
    const items = all.slice(offset, offset + options.limit).map(({ object }) => object);
    const next = offset + options.limit < all.length ? String(offset + options.limit) : '';
    return { items, resourceVersion: String(this.#version), continue: next };
  }

  async *watch(resource: KubeResource, options: KubeWatchOptions): AsyncGenerator<KubeWatchEvent> {
    await this.#ask(`watch ${resourceName(resource)} from ${options.resourceVersion}`, options.signal);
    const queue: KubeWatchEvent[] = [];
    let wake = (): void => {};
    let over: { readonly error: Error | null } | null = null;
    const watch: OpenWatch = {
      resource: resourceName(resource),
      push: (event) => {
        queue.push(event);
        wake();
      },
      end: (error) => {
        over = { error: error ?? null };
        wake();
      },
    };
    const missed = this.#since(resource, Number(options.resourceVersion));
    this.#watches.add(watch);
    const onAbort = (): void => watch.end(new Error('aborted'));
    options.signal.addEventListener('abort', onAbort);
    try {
      options.onOpen?.();
      yield* missed;
      for (;;) {
        const event = queue.shift();
        if (event !== undefined) yield event;
        else if (over !== null) break;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      const ended = over as { readonly error: Error | null };
      if (ended.error !== null) throw ended.error;
    } finally {
      this.#watches.delete(watch);
      options.signal.removeEventListener('abort', onAbort);
    }
  }

  async read(resource: KubeResource, ref: KubeObjectRef, signal?: AbortSignal): Promise<KubeValue | null> {
    await this.#ask(`get ${resourceName(resource)} ${nameOf(ref)}`, signal);
    return this.#objects.get(keyOf(resource, ref))?.object ?? null;
  }

  async create(resource: KubeResource, namespace: string, object: KubeValue, options: KubeWriteOptions) {
    const ref = { namespace, name: textOf(metadataOf(object), 'name') };
    await this.#ask(`create ${resourceName(resource)} ${nameOf(ref)}`, options.signal);
    if (this.#objects.has(keyOf(resource, ref))) throw this.#refusal('create', resource, 409);
    return this.#write(resource, ref, object);
  }

  async replace(resource: KubeResource, ref: KubeObjectRef, object: KubeValue, options: KubeWriteOptions) {
    await this.#ask(`update ${resourceName(resource)} ${nameOf(ref)}`, options.signal);
    this.#checkVersion('update', resource, ref, object);
    return this.#write(resource, ref, object);
  }

  async patchStatus(resource: KubeResource, ref: KubeObjectRef, patch: KubeValue, options: KubeWriteOptions) {
    await this.#ask(`patch status of ${resourceName(resource)} ${nameOf(ref)}`, options.signal);
    const before = this.#checkVersion('patch', resource, ref, patch);
    this.written.push(patch);
    return this.put(resource, ref, merged(before, { status: patch['status'] }) as KubeValue);
  }

  async close(): Promise<void> {
    this.endWatches(undefined, new Error('closed'));
  }

  #write(resource: KubeResource, ref: KubeObjectRef, object: KubeValue): KubeValue {
    this.written.push(object);
    return this.put(resource, ref, object);
  }

  /** Throws as the server does where there is none, or another version than the one that `object` names. */
  #checkVersion(verb: KubeVerb, resource: KubeResource, ref: KubeObjectRef, object: KubeValue): KubeValue {
    const before = this.#objects.get(keyOf(resource, ref))?.object;
    if (before === undefined) throw this.#refusal(verb, resource, 404);
    const wanted = textOf(metadataOf(object), 'resourceVersion');
    if (wanted !== '' && wanted !== textOf(metadataOf(before), 'resourceVersion')) {
      throw this.#refusal(verb, resource, 409);
    }
    return before;
  }

  #refusal(verb: KubeVerb, resource: KubeResource, status: number): Error {
    return errorOfStatus({ server: SERVER, verb, resource }, status, '');
  }

  async #ask(ask: string, signal: AbortSignal | undefined): Promise<void> {
    this.asked.push(ask);
    await Promise.resolve();
    const fault = this.#faults.find((one) => one.times > 0 && ask.startsWith(one.ask));
    if (fault === undefined) return;
    fault.times -= 1;
    if (fault.error !== null) throw fault.error;
    await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
  }

  #since(resource: KubeResource, version: number): KubeWatchEvent[] {
    if (version < this.#oldest) throw this.#refusal('watch', resource, 410);
    const missed = this.#history.filter((one) => one.resource === resourceName(resource) && one.version > version);
    return missed.map(({ event }) => event);
  }

  #tell(resource: KubeResource, event: KubeWatchEvent): void {
    if (event.type !== 'BOOKMARK') {
      this.#history.push({ resource: resourceName(resource), version: this.#version, event });
    }
    for (const watch of this.#watches) if (watch.resource === resourceName(resource)) watch.push(event);
  }
}

function keyOf(resource: KubeResource, ref: KubeObjectRef): string {
  return `${resourceName(resource)} ${nameOf(ref)}`;
}

function nameOf({ namespace, name }: KubeObjectRef): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function metadataOf(object: KubeValue): KubeValue {
  return (object['metadata'] ?? {}) as KubeValue;
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
