// Codes of gRPC, as statuses of HTTP, wherever they are written.
import { grpcStatusIn, grpcToHttpStatus, NO_GRPC_STATUS } from '../../../../src/proxy/exchange/grpc-status.ts';

describe('the status in trailers', () => {
  it.each([
    ['grpc-status: 0\r\n', 0],
    ['grpc-status:14\r\n', 14],
    ['grpc-message: no\r\ngrpc-status: 5\r\n', 5],
    ['grpc-message: grpc-status: 0\r\ngrpc-status: 13\r\n', 13],
    ['x-grpc-status: 0\r\ngrpc-status: 2\r\n', 2],
    ['Grpc-Status: 4\r\n', 4],
    ['grpc-status-details-bin: aaa\r\ngrpc-status: 3\r\n', 3],
  ])('of %j is %d', (trailers, code) => {
    expect(grpcStatusIn(trailers)).toBe(code);
  });

  it.each(['', 'grpc-message: fine\r\n', 'x-grpc-status: 0\r\n', 'grpc-status-details-bin: aaa\r\n'])(
    'of %j is none',
    (trailers) => {
      expect(grpcStatusIn(trailers)).toBe(NO_GRPC_STATUS);
    },
  );

  it.each([
    'grpc-status: \r\n',
    'grpc-status: x\r\n',
    'grpc-status: -1\r\n',
    'grpc-status: 1.\r\n',
    'grpc-status: 200\r\n',
    'grpc-status: 17\r\n',
  ])('of %j is an error that nobody knows', (trailers) => {
    expect(grpcToHttpStatus(grpcStatusIn(trailers))).toBe(500);
  });
});

it('stands for the status of HTTP that Envoy takes it for', () => {
  expect(Array.from({ length: 18 }, (_, code) => grpcToHttpStatus(code))).toEqual([
    ...[200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401],
    500,
  ]);
});
