// What the status of each route and policy should say in our name, computed from the mesh.
import { withoutUndefined } from '../../kube/fields.ts';
import { policyReport, type ReportedPolicy } from '../policy/policy-report.ts';
import { type AttachedByService, routeStatus, routesByService } from '../translate/gateway/route-status.ts';
import type { TranslatedRoute } from '../translate/gateway/translate-route.ts';
import type { Mesh } from '../translate/mesh.ts';
import { sameItems } from '../translate/service-inputs.ts';
import type { TranslatedService } from '../translate/translate-service.ts';
import type { StatusKind } from './status-form.ts';

export interface WantedStatus extends StatusKey {
  /** Of the object that it was computed from; absent where that stands in a file. */
  readonly uid?: string;
  readonly generation?: number;
  /** None: nothing shall stand there in our name. */
  readonly entries: readonly WantedEntry[];
}

export interface StatusKey {
  readonly kind: StatusKind;
  readonly namespace: string;
  readonly name: string;
}

export interface WantedEntry {
  readonly ref: StatusReference;
  readonly conditions: readonly WantedCondition[];
}

/** Source: gateway.networking.k8s.io/v1.ParentReference. */
export interface StatusReference {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

/** Source: metav1.Condition, without time and generation. */
export interface WantedCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/**
 * Of every route and policy, also of routes that are none of our business: an entry of ours may stand there from before. The same list while
 * nothing of it can have changed, as with every change of endpoints; and mostly the same items, where a few routes did.
 */
export class WantedStatuses {
  #madeFrom: readonly unknown[] = [];
  #statuses: readonly WantedStatus[] = [];
  /** Of routes that share their Services with no other. */
  readonly #known = new WeakMap<TranslatedRoute, WantedStatus>();

  of(mesh: Mesh): readonly WantedStatus[] {
    const { gatewayRoutes, services, dangling } = mesh;
    const policed = services.filter(({ policies }) => policies.length > 0);
    const parts = [gatewayRoutes, dangling, ...policed.flatMap(partsOf)];
    if (sameItems(parts, this.#madeFrom)) return this.#statuses;
    this.#madeFrom = parts;
    const attached = routesByService(gatewayRoutes);
    const routes = gatewayRoutes.map((route) => this.#ofRoute(route, attached));
    this.#statuses = [...routes, ...policyReport(services, dangling).policies.map(policyStatus)];
    return this.#statuses;
  }

  #ofRoute(route: TranslatedRoute, attached: AttachedByService): WantedStatus {
    const isAlone = route.parents.every(({ service }) => attached.get(service)?.length === 1);
    const known = isAlone ? this.#known.get(route) : undefined;
    if (known !== undefined) return known;
    const status = wantedOfRoute(route, attached);
    if (isAlone) this.#known.set(route, status);
    return status;
  }
}

function wantedOfRoute(route: TranslatedRoute, attached: AttachedByService): WantedStatus {
  const { kind, metadata } = route.inputs.route.object;
  const { namespace, name, uid, generation } = metadata;
  const { parents } = routeStatus(route, attached);
  const entries = parents.map(({ parentRef, conditions }) => ({ ref: parentRef, conditions }));
  return withoutUndefined({ kind, namespace, name, uid, generation, entries });
}

/** All that decides what becomes of the policies of a Service. */
function partsOf({ service, policies, attachments }: TranslatedService): readonly unknown[] {
  const unresolved = attachments.flatMap((one) => one.unresolved ?? []);
  return [service, ...policies, ...unresolved.map(({ reason, path, message }) => `${reason} ${path} ${message}`)];
}

function policyStatus({ namespace, name, uid, generation, status }: ReportedPolicy): WantedStatus {
  const entries = status.ancestors.map(({ ancestorRef, conditions }) => ({ ref: ancestorRef, conditions }));
  return withoutUndefined({ kind: 'TrafficPolicy' as const, namespace, name, uid, generation, entries });
}

/** One text per object: `HTTPRoute shop/cart`. */
export function renderStatusKey({ kind, namespace, name }: StatusKey): string {
  return `${kind} ${namespace}/${name}`;
}
