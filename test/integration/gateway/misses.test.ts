// What callers are told whom no rule of a route takes.
import { AppMesh } from '../../support/app-mesh.ts';
import { EchoPod, echoService } from '../../support/echo-pods.ts';
import { httpRoute } from '../../support/gateway-case.ts';
import { get } from '../../support/raw-client.ts';

let mesh: AppMesh;
let pod: EchoPod;

beforeEach(async () => {
  mesh = new AppMesh();
  pod = await EchoPod.start('v1');
});

afterEach(async () => {
  await mesh.close();
  pod.close();
});

it.each(['on-demand', 'all'])(
  'a sidecar that holds %s says that no route takes it, and not that there is no Service',
  async (scope) => {
    mesh.write(
      echoService('echo', '10.96.0.10', [pod]),
      httpRoute('r', '- matches: [{path: {type: Exact, value: /a}}]\n  backendRefs: [{name: echo, port: 80}]'),
    );
    const plane = await mesh.controlPlane();
    const env = { SWITCHBOARD_POD_NAMESPACE: 'shop', SWITCHBOARD_XDS_SCOPE: scope };
    const client = await (await mesh.sidecar(plane.port, env)).client();
    const answer = await client.ask(get('echo', '/b'));
    expect([answer.status, answer.get('x-switchboard-error')]).toEqual([404, 'NR no_route']);
    expect(answer.text).toContain('"echo" is known, but none of its routes takes a request with this method');
  },
);
