// Pods of one Service with sessions, and callers that keep what answers tell them.
import type { SessionSpec } from '../../src/model/session-spec.ts';
import type { LivePlane, LivePlaneOptions, TestAddress } from './live-plane.ts';
import { get, type RawAnswer } from './raw-client.ts';
import type { ScriptedBackend } from './scripted-backend.ts';
import type { Stage } from './stage.ts';

export const COOKIE: SessionSpec = {
  carrier: { kind: 'cookie', name: 'cart', ttlMs: 0, path: '/' },
  format: 'token',
  onLoss: 'rehome',
  lifetimeMs: 0,
};
export const HEADER: SessionSpec = { ...COOKIE, carrier: { kind: 'header', name: 'x-cart' } };

export interface SessionScene {
  readonly plane: LivePlane;
  readonly pods: readonly SessionPod[];
}

export interface SessionPod extends TestAddress {
  readonly name: string;
  readonly uid: string;
  readonly backend: ScriptedBackend;
}

export async function podsOf(stage: Stage, count: number): Promise<SessionPod[]> {
  const backends = await stage.backends(count);
  return backends.map((backend, index) => {
    const name = String.fromCharCode(97 + index);
    return { name, uid: `uid-${name}`, host: backend.host, port: backend.port, backend };
  });
}

export async function sessionScene(
  stage: Stage,
  count: number,
  session: SessionSpec,
  more: Partial<LivePlaneOptions> = {},
): Promise<SessionScene> {
  const pods = await podsOf(stage, count);
  return { pods, plane: await stage.plane({ services: { web: pods }, action: { session }, ...more }) };
}

/** One caller, who keeps what answers tell it to keep. */
export class Shopper {
  readonly #plane: LivePlane;
  readonly #header: string;
  token = '';
  last: RawAnswer | null = null;

  constructor(plane: LivePlane, header = '') {
    this.#plane = plane;
    this.#header = header;
  }

  /** Who answers, or with what status nobody does. */
  async ask(path = '/'): Promise<string> {
    const client = await this.#plane.client();
    const field = this.#header === '' ? `Cookie: a=b; cart="${this.token}"` : `${this.#header}: ${this.token}`;
    const answer = await client.ask(get('web', path, this.token === '' ? '' : `${field}\r\n`));
    this.last = answer;
    this.#keep(answer);
    return answer.status === 200 ? (answer.text.split(' ')[0] ?? '') : String(answer.status);
  }

  #keep(answer: RawAnswer): void {
    const set = answer.get(this.#header === '' ? 'set-cookie' : this.#header);
    if (set === undefined) return;
    this.token = this.#header === '' ? (/^cart="([^"]*)"/.exec(set)?.[1] ?? 'unreadable') : set;
  }

  get told(): string | undefined {
    return this.last?.get('x-switchboard-session');
  }
}

export function without(pods: readonly SessionPod[], ...names: readonly string[]): readonly SessionPod[] {
  return pods.filter(({ name }) => !names.includes(name));
}
