// Translates the world into a mesh, doing again only what a change concerns.
import { isDeepStrictEqual } from 'node:util';
import { type Issue, warningIssue } from '../../base/result.ts';
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../../kube/endpoint-objects.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import type { Service } from '../../kube/service.ts';
import { serviceHost } from '../../model/names.ts';
import { type DanglingTarget, danglingIssues } from '../policy/policy-index.ts';
import { compare } from './backend.ts';
import { type ClusterIps, clusterIpsOf } from './cluster-ips.ts';
import { AttachedRoutes } from './gateway/attached-routes.ts';
import { type RouteInputs, serviceKey } from './gateway/route-inputs.ts';
import { NO_SESSIONS, sessionClusters } from './gateway/session-clusters.ts';
import type { TranslatedRoute } from './gateway/translate-route.ts';
import { EMPTY_MESH, joinServices, type Mesh } from './mesh.ts';
import { type ServiceInputs, sameItems } from './service-inputs.ts';
import { type TranslatedService, translateService } from './translate-service.ts';

/** What the translation reads; it is asked anew each time, and answers with the same objects while nothing changed. */
export interface TranslatorSource {
  /** In any order. */
  services(): readonly Located<Service>[];
  /** EndpointSlices that belong to no Service, in any order. */
  strays(): readonly Located<EndpointSlice>[];
  /** Targets of TrafficPolicies that are no Services. */
  danglingPolicies(): readonly DanglingTarget[];
  inputsOf(service: Located<Service>): OwnInputs;
  /** Of Gateway API, in any order. */
  routes(): readonly RouteInputs[];
}

type OwnInputs = Omit<ServiceInputs, 'vips' | 'routes' | 'sessions'>;

const NO_IPS: readonly string[] = [];
const NO_ROUTES: readonly TranslatedRoute[] = [];
const NO_LISTS = { routes: NO_ROUTES, sessions: NO_SESSIONS };

interface Memo {
  readonly own: OwnInputs;
  readonly vips: readonly string[];
  readonly lists: RouteLists;
  readonly translated: TranslatedService;
}

interface AttachedLists {
  /** Of all routes that there are. */
  readonly of: AttachedRoutes['routes'];
  readonly sorted: Ordered['sorted'];
  readonly lists: readonly RouteLists[];
}

/** What routes of Gateway API say of one Service. */
type RouteLists = Pick<ServiceInputs, 'routes' | 'sessions'>;

interface Ordered {
  /** As the source gave them. */
  readonly services: readonly Located<Service>[];
  readonly sorted: readonly { readonly service: Located<Service>; readonly key: string }[];
  readonly ips: ClusterIps;
}

/** The result depends on the source alone; what is remembered only saves work and keeps identities. */
export class Translator {
  readonly #clusterDomain: string;
  readonly #routes: AttachedRoutes;
  #attached: AttachedLists = { of: NO_ROUTES, sorted: [], lists: [] };
  #ordered: Ordered = { services: [], sorted: [], ips: clusterIpsOf([]) };
  /** In the order of `#ordered.sorted`. */
  #memos: readonly (Memo | undefined)[] = [];
  #services: readonly TranslatedService[] = [];
  #issues: readonly Issue[] = [];
  #mesh: Mesh = EMPTY_MESH;

  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain;
    this.#routes = new AttachedRoutes(clusterDomain);
  }

  /** The same object as the last time where nothing changed. */
  translate(source: TranslatorSource): Mesh {
    this.#orderServices(source.services());
    this.#routes.update(source.routes());
    const { sorted, ips } = this.#ordered;
    const lists = this.#routeLists();
    const memos = sorted.map(({ service }, index) =>
      this.#translateOne(
        { own: source.inputsOf(service), vips: ips.owned.get(service) ?? NO_IPS, lists: lists[index] ?? NO_LISTS },
        this.#memos[index],
      ),
    );
    this.#memos = memos;
    const translated = memos.map((memo) => memo.translated);
    const dangling = source.danglingPolicies();
    const names = () => sorted.map(({ service }) => service.object.metadata);
    const between = [...ips.issues, ...source.strays().map(strayIssue), ...danglingIssues(dangling, names)];
    const issues = [...between, ...this.#routes.issues];
    const gatewayRoutes = this.#routes.routes;
    const same = sameItems(this.#services, translated) && this.#mesh.gatewayRoutes === gatewayRoutes;
    if (same && isDeepStrictEqual(this.#issues, issues)) return this.#mesh;
    this.#services = translated;
    this.#issues = issues;
    this.#mesh = { ...joinServices(translated, issues, this.#mesh), dangling, gatewayRoutes };
    return this.#mesh;
  }

  /** Most changes concern no Service itself: then the order and the addresses stay. */
  #orderServices(services: readonly Located<Service>[]): void {
    if (sameItems(this.#ordered.services, services)) return;
    const keyed = services.map((service) => ({ service, key: sortKey(service) }));
    const sorted = keyed.sort((left, right) => compare(left.key, right.key));
    const known = new Map(this.#ordered.sorted.map(({ key }, index) => [key, this.#memos[index]]));
    this.#memos = sorted.map(({ key }) => known.get(key));
    this.#ordered = { services, sorted, ips: clusterIpsOf(sorted.map(({ service }) => service)) };
  }

  #translateOne({ own, vips, lists }: Omit<Memo, 'translated'>, memo: Memo | undefined): Memo {
    const same = memo !== undefined && memo.own === own && sameLists(memo.lists, lists) && sameItems(memo.vips, vips);
    if (same) return memo;
    const translated = translateService({ ...own, vips, ...lists }, this.#clusterDomain, memo?.translated ?? null);
    return { own, vips, lists, translated };
  }

  /** One list for each of `#ordered.sorted`: most changes concern no route, and then nothing is looked up. */
  #routeLists(): readonly RouteLists[] {
    const { routes: all, byService } = this.#routes;
    const { sorted } = this.#ordered;
    if (this.#attached.of === all && this.#attached.sorted === sorted) return this.#attached.lists;
    const sessions = sessionClusters(all);
    const lists = sorted.map(({ service: { object } }): RouteLists => {
      const { namespace, name } = object.metadata;
      const routes = byService.get(serviceKey(namespace, name)) ?? NO_ROUTES;
      return { routes, sessions: sessions.get(serviceHost(name, namespace, this.#clusterDomain)) ?? NO_SESSIONS };
    });
    this.#attached = { of: all, sorted, lists };
    return lists;
  }
}

function sameLists(left: RouteLists, right: RouteLists): boolean {
  return left.routes === right.routes && sameItems(left.sessions, right.sessions);
}

/** A blank sorts before every character of a name, so that namespaces stay together. */
function sortKey({ object }: Located<Service>): string {
  return `${object.metadata.namespace} ${object.metadata.name}`;
}

/** An EndpointSlice that belongs to nothing. */
function strayIssue(slice: Located<EndpointSlice>): Issue {
  const { namespace, labels } = slice.object.metadata;
  const service = labels[SERVICE_NAME_LABEL];
  const path = service === undefined ? 'metadata.labels' : `metadata.labels['${SERVICE_NAME_LABEL}']`;
  const message =
    service === undefined
      ? `the EndpointSlice has no label ${SERVICE_NAME_LABEL}, so it belongs to no Service`
      : `there is no Service "${service}" in namespace "${namespace}"`;
  return warningIssue(message, { ...placeOf(slice, path), remedy: 'name the Service that it belongs to' });
}
