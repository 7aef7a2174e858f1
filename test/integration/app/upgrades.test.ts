// Promises of upgrades in a mesh of ours: from manifests over xDS to the pods, whatever protocol they agree on.
import { AppMesh, serviceOn } from '../../support/app-mesh.ts';
import { Http2Backend } from '../../support/http2-backend.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';
import { echoUpgrade } from '../../support/upgrade-stage.ts';
import { asking, switching, switchingPod } from '../../support/upgrades.ts';
import { type ChatPod, echoMessages, wsChat, wsPod } from '../../support/websockets.ts';

let mesh: AppMesh;
let chats: ChatPod;
let http2: Http2Backend;
const pods = new TcpPods();

beforeEach(async () => {
  mesh = new AppMesh();
  chats = await wsPod(echoMessages);
  http2 = await Http2Backend.start(echoUpgrade, 100, true);
});

afterEach(async () => {
  await mesh.close();
  chats.close();
  http2.close();
  pods.close();
});

/** The Service port says so. */
function speaking(manifest: string, appProtocol: string): string {
  return manifest.replace('port: 80}]', `port: 80, appProtocol: ${appProtocol}}]`);
}

describe.each(['on-demand', 'all'])('a sidecar of our own control plane (%s)', (scope) => {
  const env = { SWITCHBOARD_XDS_SCOPE: scope };

  it('lets WebSockets pass to pods of HTTP/1.1 and of HTTP/2, as appProtocol says', async () => {
    const tcp = await switchingPod(pods, undefined, switching('tcp'));
    mesh.write(
      speaking(serviceOn(chats.port, 'web'), 'kubernetes.io/ws'),
      speaking(serviceOn(http2.port, 'two'), 'kubernetes.io/h2c'),
      serviceOn(tcp.port, 'attach'),
    );
    const { port } = await mesh.controlPlane();
    const { app, client } = await mesh.sidecar(port, env);
    const chat = await wsChat(app.dataPlane.listeners[0]?.addresses[0]?.port ?? 0);
    chat.send('hello');
    await until('it comes back', () => chat.messages[0] === 'hello');
    chat.close(1_000, '');
    await chat.closed;
    for (const [name, protocol] of [['two', 'websocket'] as const, ['attach', 'tcp'] as const]) {
      const caller = await client();
      caller.send(asking(protocol).replace('Host: web', `Host: ${name}`));
      expect((await caller.answer()).start).toBe('HTTP/1.1 101 Switching Protocols');
      caller.send('hello');
      expect(String(await caller.read(5))).toBe('hello');
    }
    expect(http2.requests[0]?.[':protocol']).toBe('websocket');
  });
});
