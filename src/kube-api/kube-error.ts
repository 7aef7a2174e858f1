// What goes wrong between us and an API server, as errors that name the server, the verb, the resource and the remedy.
import { CodedError } from '../base/coded-error.ts';
import { type KubeResource, resourceName } from './kube-resource.ts';

export type KubeErrorCode =
  /** No answer, or half of one. */
  | 'kube_unreachable'
  | 'kube_unauthorized'
  | 'kube_forbidden'
  /** The object, or the whole resource: its CRD is not installed. */
  | 'kube_not_found'
  /** Somebody else was faster. */
  | 'kube_conflict'
  /** The list or watch can't go on from where it was: begin again. */
  | 'kube_gone'
  /** It has too much to do. */
  | 'kube_busy'
  /** The answer is larger than we take. */
  | 'kube_too_large'
  /** What we sent is not valid. */
  | 'kube_invalid'
  | 'kube_failed';

/** As in RBAC rules. */
export type KubeVerb = 'list' | 'watch' | 'get' | 'create' | 'update' | 'patch';

export interface KubeAsk {
  readonly server: string;
  readonly verb: KubeVerb;
  readonly resource: KubeResource;
  /** '' or `status`. */
  readonly subresource?: string;
}

/** Identity is `code`, as with every CodedError. */
export class KubeError extends CodedError {
  declare readonly code: KubeErrorCode;
  /** How long the server asks to be left alone, ms; 0 where it says nothing. */
  readonly retryAfterMs: number;

  constructor(code: KubeErrorCode, message: string, remedy?: string, retryAfterMs = 0) {
    super(code, message, remedy);
    this.name = 'KubeError';
    this.retryAfterMs = retryAfterMs;
  }
}

/** A text of the server in a message of ours is not longer. */
const MAX_SAID = 300;

const CODES: Readonly<Record<number, KubeErrorCode>> = {
  400: 'kube_invalid',
  401: 'kube_unauthorized',
  403: 'kube_forbidden',
  404: 'kube_not_found',
  409: 'kube_conflict',
  410: 'kube_gone',
  413: 'kube_too_large',
  422: 'kube_invalid',
  429: 'kube_busy',
  503: 'kube_busy',
};

/** Of an answer that is no success. `said`: the message of its Status object. Source: Kubernetes API conventions, HTTP status codes. */
export function errorOfStatus(ask: KubeAsk, status: number, said: string, retryAfterMs = 0): KubeError {
  const code = CODES[status] ?? 'kube_failed';
  const told = said === '' ? '' : `: ${said.slice(0, MAX_SAID)}`;
  return new KubeError(code, `${describe(ask)}: it answers ${status}${told}`, remedyOf(code, ask), retryAfterMs);
}

export function unreachable(ask: KubeAsk, why: string): KubeError {
  const remedy = 'check that the API server runs and that its address and certificates are right';
  return new KubeError('kube_unreachable', `${describe(ask)}: ${why.slice(0, MAX_SAID)}`, remedy);
}

export function tooLarge(ask: KubeAsk, what: string, limitBytes: number): KubeError {
  const message = `${describe(ask)}: ${what} is larger than ${Math.round(limitBytes / 1024 / 1024)} MiB`;
  return new KubeError('kube_too_large', message, 'remove what makes it so large');
}

/** `can't list services of https://10.96.0.1`. */
function describe({ server, verb, resource, subresource = '' }: KubeAsk): string {
  const what = subresource === '' ? resourceName(resource) : `${subresource} of ${resourceName(resource)}`;
  return `can't ${verb} ${what} of ${server}`;
}

function remedyOf(code: KubeErrorCode, ask: KubeAsk): string | undefined {
  switch (code) {
    case 'kube_forbidden':
      return `allow it with a rule of the ClusterRole that it is bound to: ${rbacRule(ask)}`;
    case 'kube_unauthorized':
      return 'the API server does not know who asks: renew the token or certificate that the kubeconfig names';
    case 'kube_not_found':
      return ask.verb === 'list' || ask.verb === 'watch' ? 'install its CRD, if it is meant to be used' : undefined;
    case 'kube_invalid':
      return 'this is a fault of Switchboard or a CRD of another version: install the one that belongs to it';
    default:
      return undefined;
  }
}

/** What is missing, to paste under `rules:`. Reading needs `list` and `watch` both. */
export function rbacRule({ verb, resource, subresource = '' }: Omit<KubeAsk, 'server'>): string {
  const verbs = verb === 'list' || verb === 'watch' ? '"list", "watch"' : `"${verb}"`;
  const plural = subresource === '' ? resource.plural : `${resource.plural}/${subresource}`;
  return `{apiGroups: ["${resource.group}"], resources: ["${plural}"], verbs: [${verbs}]}`;
}
