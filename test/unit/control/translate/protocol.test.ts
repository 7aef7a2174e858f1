// Promises of what the pods behind a Service port speak: appProtocol, else the name of the port (services.md S7).
import { podText, serviceText, TextMesh } from '../../../support/mesh-text.ts';

const A_80 = 'outbound|80|a.default.svc.cluster.local';

describe('a Service port', () => {
  it.each([
    ['appProtocol: kubernetes.io/h2c', 'http2'],
    ['appProtocol: grpc', 'http2'],
    ['name: grpc', 'http2'],
    ['name: grpc-api', 'http2'],
    ['name: http2', 'http2'],
    ['name: h2c-web', 'http2'],
    ['name: grpc-api, appProtocol: http', undefined],
    ['appProtocol: kubernetes.io/ws', undefined],
    ['name: http', undefined],
    ['name: grpc-web', undefined],
    ['name: grpcish', undefined],
    ['targetPort: 8080', undefined],
  ])('with %s leads to pods of %s', (said, protocol) => {
    const port = said.startsWith('targetPort') ? said : `${said}, targetPort: 8080`;
    const service = serviceText(`selector: {app: a}, ports: [{port: 80, ${port}}]`);
    const mesh = new TextMesh(service + podText({ name: 'p', ip: '10.0.0.1' }));
    expect(mesh.translate().clusters.get(A_80)?.protocol).toBe(protocol);
  });
});
