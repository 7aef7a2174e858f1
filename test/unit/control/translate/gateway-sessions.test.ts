// What rules of Gateway API's routes say of sessions, as our sidecars and others are told.
import type { RouteActionSpec } from '../../../../src/model/route-spec.ts';
import type { SessionSpec } from '../../../../src/model/session-spec.ts';
import { route, SERVICES, to } from '../../../support/gateway-text.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

const COOKIE: SessionSpec = {
  carrier: { kind: 'cookie', name: 'switchboard-session', ttlMs: 0, path: '/' },
  ...{ format: 'token', onLoss: 'rehome', lifetimeMs: 0 },
};

function actionOf(mesh: TextMesh): RouteActionSpec {
  const routes = mesh.onDemand({ namespace: 'shop' }).routes.get('web.shop.svc.cluster.local:80');
  return routes?.virtualHosts[0]?.routes.at(-1)?.action as RouteActionSpec;
}

const told = (persistence: string) =>
  actionOf(new TextMesh(SERVICES + route('r', to('v1', `, sessionPersistence: {${persistence}}`)))).session;

describe('sessionPersistence of a rule', () => {
  it.each<readonly [string, SessionSpec]>([
    ['', COOKIE],
    ['idleTimeout: 30m', { ...COOKIE, idleTimeoutMs: 1_800_000 }],
    ['idleTimeout: 0s', COOKIE],
    ['idleTimeout: 10m, absoluteTimeout: 1h', { ...COOKIE, lifetimeMs: 3_600_000, idleTimeoutMs: 600_000 }],
    [
      'type: Header, sessionName: X-Cart, idleTimeout: 500ms',
      { ...COOKIE, carrier: { kind: 'header', name: 'x-cart' }, idleTimeoutMs: 500 },
    ],
    [
      'idleTimeout: 10m, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}',
      {
        ...{ ...COOKIE, lifetimeMs: 3_600_000, idleTimeoutMs: 600_000 },
        carrier: { kind: 'cookie', name: 'switchboard-session', ttlMs: 3_600_000, path: '/' },
      },
    ],
  ])('{%s} is told whole', (persistence, session) => {
    expect(told(persistence)).toEqual(session);
  });
});
