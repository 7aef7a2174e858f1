// Services and routes of Gateway API as short text: `web` is the parent, `v1` and `v2` are backends, `far` stands in another namespace.

export const service = (
  name: string,
  namespace = 'shop',
  spec = 'ports: [{name: http, port: 80}, {name: alt, port: 8080}]',
) => `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {${spec}}\n`;

export const SERVICES = service('web') + service('v1') + service('v2') + service('far', 'other');

export interface RouteText {
  readonly kind?: string;
  readonly namespace?: string;
  readonly parent?: string;
  readonly created?: string;
}

export function route(name: string, rules: string, text: RouteText = {}): string {
  const { kind = 'HTTPRoute', namespace = 'shop', parent = 'name: web', created } = text;
  const age = created === undefined ? '' : `, creationTimestamp: "${created}"`;
  return `---
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: ${name}, namespace: ${namespace}${age}}
spec: {parentRefs: [{group: "", kind: Service, ${parent}}], rules: [${rules}]}
`;
}

export const to = (name: string, rest = '') => `{backendRefs: [{name: ${name}, port: 80}]${rest}}`;
export const on = (match: string) => `, matches: [{${match}}]`;
export const path = (type: string, value: string) => `path: {type: ${type}, value: ${value}}`;
