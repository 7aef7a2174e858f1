// Tells browsers which pages of other origins may call. Source: Fetch standard, CORS protocol; as Envoy does it.
import type { Random } from '../../base/random.ts';
import type { CorsPolicySpec } from '../../model/cors-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import type { FieldList } from '../route/field-list.ts';
import { compileTextMatcher, type TextMatcher, toWire } from '../route/text-matcher.ts';
import type { CorsStats } from './filter-stats.ts';
import { isChosen } from './fraction.ts';
import type { FilterAnswer, FilterCall, FilterPass, HttpFilter } from './http-filter.ts';

const ORIGIN = 'access-control-allow-origin';
const METHOD = 'access-control-request-method';

export interface CorsTools {
  readonly random: Random;
  readonly stats: CorsStats;
}

/** What all levels say together. Texts are as they are sent, '' = nothing is said. */
interface Policy {
  readonly origins: readonly TextMatcher[];
  readonly methods: string;
  readonly headers: string;
  readonly expose: string;
  readonly maxAge: string;
  readonly credentials: boolean;
  readonly privateNetwork: boolean;
  readonly forwardUnmatched: boolean;
}

const EMPTY: FilterAnswer = {
  kind: 'reply',
  answer: { status: 200, body: '', fields: null, locationOf: () => '' },
  details: 'cors_response',
};

export class Cors implements HttpFilter {
  readonly #nearest: CorsPolicySpec;
  readonly #policy: Policy;
  readonly #tools: CorsTools;

  private constructor(levels: readonly CorsPolicySpec[], nearest: CorsPolicySpec, tools: CorsTools) {
    this.#nearest = nearest;
    this.#policy = merge(levels);
    this.#tools = tools;
  }

  /** `levels`: the most specific first. Null: no route says anything. */
  static compile(levels: readonly CorsPolicySpec[], tools: CorsTools): Cors | null {
    const [nearest] = levels;
    return nearest === undefined ? null : new Cors(levels, nearest, tools);
  }

  begin(call: FilterCall): FilterPass | null {
    // Routes that answer by themselves have no policy, as in Envoy.
    if (call.cluster === '') return null;
    const { random, stats } = this.#tools;
    const holds = isChosen(this.#nearest.enabled, random);
    if (!holds && !isChosen(this.#nearest.shadow, random)) return null;
    const origin = call.head.get('origin');
    if (origin === null || origin === '') return null;
    const allowed = this.#policy.origins.some((matcher) => matcher.matches('*') || matcher.matches(origin));
    if (allowed) stats.originsValid += 1;
    else stats.originsInvalid += 1;
    if (!holds) return null;
    const preflight = isPreflight(call.head) && (allowed || !this.#policy.forwardUnmatched);
    if (preflight) call.answer(EMPTY);
    if (!allowed && !preflight) return null;
    return new CorsPass(this.#policy, allowed ? origin : '', preflight ? call.head : null);
  }
}

class CorsPass implements FilterPass, FieldEdit {
  readonly #policy: Policy;
  /** '' = it is not allowed. */
  readonly #origin: string;
  /** Null: the answer is that of a request, not of a preflight. */
  readonly #preflight: RequestHead | null;

  constructor(policy: Policy, origin: string, preflight: RequestHead | null) {
    this.#policy = policy;
    this.#origin = origin;
    this.#preflight = preflight;
  }

  get answerEdit(): FieldEdit {
    return this;
  }

  apply(fields: FieldList): void {
    const { credentials, expose } = this.#policy;
    if (this.#origin !== '') fields.overwrite(ORIGIN, this.#origin);
    if (credentials && (this.#origin !== '' || this.#preflight !== null)) {
      fields.overwrite('access-control-allow-credentials', 'true');
    }
    if (this.#origin !== '' && expose !== '') fields.overwrite('access-control-expose-headers', expose);
    if (this.#preflight !== null) this.#answerPreflight(this.#preflight, fields);
  }

  onEnd(): void {}

  #answerPreflight(head: RequestHead, fields: FieldList): void {
    const { methods, headers, maxAge, privateNetwork } = this.#policy;
    const put = (name: string, value: string): void => {
      if (value !== '') fields.overwrite(name, value);
    };
    put('access-control-allow-methods', methods === '*' ? (head.get(METHOD) ?? '') : methods);
    put('access-control-allow-headers', headers === '*' ? (head.get('access-control-request-headers') ?? '') : headers);
    put('access-control-max-age', maxAge);
    const asked = head.get('access-control-request-private-network') === 'true';
    if (privateNetwork && asked) put('access-control-allow-private-network', 'true');
  }
}

function isPreflight(head: RequestHead): boolean {
  return head.method === 'OPTIONS' && (head.get(METHOD) ?? '') !== '';
}

/** Of each part the first level that says anything. */
function merge(levels: readonly CorsPolicySpec[]): Policy {
  const text = (of: (level: CorsPolicySpec) => string | undefined): string =>
    toWire(levels.map(of).find((value) => value !== undefined && value !== '') ?? '');
  const flag = (of: (level: CorsPolicySpec) => boolean | undefined, usual: boolean): boolean =>
    levels.map(of).find((value) => value !== undefined) ?? usual;
  return {
    origins: (levels.find(({ origins }) => origins.length > 0)?.origins ?? []).map(compileTextMatcher),
    methods: text(({ allowMethods }) => allowMethods),
    headers: text(({ allowHeaders }) => allowHeaders),
    expose: text(({ exposeHeaders }) => exposeHeaders),
    maxAge: text(({ maxAge }) => maxAge),
    credentials: flag(({ allowCredentials }) => allowCredentials, false),
    privateNetwork: flag(({ allowPrivateNetwork }) => allowPrivateNetwork, false),
    forwardUnmatched: flag(({ forwardUnmatched }) => forwardUnmatched, true),
  };
}
