// Promises of what the pods behind a Service port speak: appProtocol, else the name of the port (services.md S7).
import { podText, serviceText, TextMesh } from '../../../support/mesh-text.ts';

const A_80 = 'outbound|80|a.default.svc.cluster.local';

describe('a Service port', () => {
  it.each([
    ['appProtocol: kubernetes.io/h2c', 'http', 'http2'],
    ['appProtocol: grpc', 'http', 'http2'],
    ['name: grpc', 'http', 'http2'],
    ['name: grpc-api', 'http', 'http2'],
    ['name: http2', 'http', 'http2'],
    ['name: h2c-web', 'http', 'http2'],
    ['name: grpc-api, appProtocol: http', 'http', undefined],
    ['name: tcp-api, appProtocol: HTTP', 'http', undefined],
    ['appProtocol: kubernetes.io/ws', 'http', undefined],
    ['name: http', 'http', undefined],
    ['name: grpc-web', 'http', undefined],
    ['appProtocol: kubernetes.io/wss', 'tcp', undefined],
    ['appProtocol: https', 'tcp', undefined],
    ['appProtocol: postgresql', 'tcp', undefined],
    ['name: mysql', 'tcp', undefined],
    ['name: tcp-metrics', 'tcp', undefined],
    ['name: grpcish', 'detect', undefined],
    ['name: http-api, appProtocol: example.com/own', 'detect', undefined],
    ['targetPort: 8080', 'detect', undefined],
  ])('with %s carries %s, to pods of %s', (said, appProtocol, protocol) => {
    const port = said.startsWith('targetPort') ? said : `${said}, targetPort: 8080`;
    const service = serviceText(`selector: {app: a}, ports: [{port: 80, ${port}}]`);
    const mesh = new TextMesh(service + podText({ name: 'p', ip: '10.0.0.1' }));
    const cluster = mesh.translate().clusters.get(A_80);
    expect(cluster?.protocol).toBe(protocol);
    expect(cluster?.appProtocol).toBe(appProtocol);
  });
});
