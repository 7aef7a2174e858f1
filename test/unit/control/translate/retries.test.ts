// Promises of switchboard.dev/retries and switchboard.dev/timeout on a Service.
import type { RouteActionSpec } from '../../../../src/model/route-spec.ts';
import { podText, TextMesh } from '../../../support/mesh-text.ts';

function translate(annotations: string) {
  const service = `
apiVersion: v1
kind: Service
metadata: {name: a, annotations: {${annotations}}}
spec: {selector: {app: a}, ports: [{port: 80, targetPort: 8080}]}
---
`;
  const mesh = new TextMesh(service + podText({ name: 'p', ip: '10.0.0.1' }));
  const { routes } = mesh.translate().hosts.hosts[0]?.own.spec ?? { routes: [] };
  const actions = routes.map(({ action }) => action as RouteActionSpec);
  return { actions, issues: mesh.issues() };
}

describe('switchboard.dev/retries', () => {
  it.each([1, 2, 3, 10])('of %s is so many retries of what is safe by itself, of CONNECT as well', (count) => {
    const { actions, issues } = translate(`switchboard.dev/retries: '${count}'`);
    const on = ['connect-failure', 'refused-stream', 'reset-before-request', 'switchboard-safe'];
    expect(actions.map(({ retry }) => retry)).toEqual([
      { on, numRetries: count, statusCodes: [] },
      { on, numRetries: count, statusCodes: [] },
    ]);
    expect(issues).toEqual([]);
  });

  it('of 0 is none', () => {
    const { actions } = translate(`switchboard.dev/retries: '0'`);
    expect(actions.at(-1)?.retry).toEqual({ on: [], numRetries: 0, statusCodes: [] });
  });

  it('that is not written leaves the route without a policy', () => {
    expect(translate('').actions.every((action) => !('retry' in action))).toBe(true);
  });

  it.each(['-1', '11', 'many', '1.5', '', '0x3', '3 times'])(
    'that is "%s" is told, and counts as not written',
    (text) => {
      const { actions, issues } = translate(`switchboard.dev/retries: '${text}'`);
      expect(actions.every((action) => !('retry' in action))).toBe(true);
      expect(issues).toEqual([
        expect.stringContaining(
          `metadata.annotations['switchboard.dev/retries']: "${text}" is no number of retries; the usual ones are made; write a whole number from 0 to 10`,
        ),
      ]);
    },
  );
});

describe('switchboard.dev/timeout', () => {
  it.each([
    ['2s', 2_000],
    ['250ms', 250],
    ['1m30s', 90_000],
    ['0s', 0],
  ])('of %s is %s ms for each request', (text, timeoutMs) => {
    const { actions, issues } = translate(`switchboard.dev/timeout: ${text}`);
    expect(actions.map((action) => action.timeoutMs)).toEqual([timeoutMs, timeoutMs]);
    expect(issues).toEqual([]);
  });

  it.each(['2', 'soon', '-1s', '1.5s', '2 s'])('that is "%s" is told, and there is none', (text) => {
    const { actions, issues } = translate(`switchboard.dev/timeout: '${text}'`);
    expect(actions.at(-1)?.timeoutMs).toBe(0);
    expect(issues).toEqual([
      expect.stringContaining(
        `metadata.annotations['switchboard.dev/timeout']: "${text}" is no timeout; there is none; write it like 500ms, 2s or 1m30s`,
      ),
    ]);
  });
});
