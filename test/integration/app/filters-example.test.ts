// docs/guides/faults-and-limits.md: what it says of its file, examples/bootstrap/filters.yaml, is what happens.
import { readFileSync } from 'node:fs';
import { readBootstrap } from '../../../src/xds/bootstrap/read-bootstrap.ts';
import { LivePlane } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { until } from '../../support/until.ts';

const ROOT = new URL('../../../', import.meta.url);
const FILE = 'examples/bootstrap/filters.yaml';
const GUIDE = readFileSync(new URL('docs/guides/faults-and-limits.md', ROOT), 'utf8');

describe('the guide to faults and limits', () => {
  let backend: ScriptedBackend;
  let plane: LivePlane;

  beforeAll(async () => {
    backend = await ScriptedBackend.start(named('web'));
    const text = readFileSync(new URL(FILE, ROOT), 'utf8');
    const read = readBootstrap(
      text.replace('port_value: 10000', 'port_value: 0').replace('port_value: 8081', `port_value: ${backend.port}`),
      FILE,
    );
    if (!read.ok) throw new Error(read.issues.map(({ message }) => message).join('; '));
    const { clusters, listeners, notes } = read.value;
    expect(notes).toEqual([]);
    plane = await LivePlane.start({ services: {} });
    plane.apply({
      clusters: { upserted: clusters, removed: [] },
      listeners: { upserted: listeners, removed: ['outbound'] },
    });
    await until('the listener accepts', () => plane.plane.listeners[0]?.listening === true);
  });

  afterAll(async () => {
    await plane.close();
    await backend.close();
  });

  async function ask(
    path: string,
    fields = '',
  ): Promise<{ status: number; text: string; get(name: string): string | undefined }> {
    return (await plane.client()).ask(get('127.0.0.1:10000', path, fields));
  }

  it('names every route of the file, and no other', () => {
    const told = [...GUIDE.matchAll(/127\.0\.0\.1:10000(\/[a-z-]*)/g)].map((found) => found[1]);
    expect(new Set(told)).toEqual(new Set(['/slow', '/sick', '/as-you-like', '/limited', '/']));
  });

  it('delays one route by half a second', async () => {
    const began = performance.now();
    expect((await ask('/slow')).text).toBe('web /slow');
    expect(performance.now() - began).toBeGreaterThanOrEqual(495);
  });

  it('lets requests of testers fail, and of nobody else', async () => {
    const answer = await ask('/sick', 'x-user: tester\r\n');
    expect([answer.status, answer.get('x-switchboard-error')]).toEqual([503, 'FI fault_injected']);
    expect((await ask('/sick')).status).toBe(200);
  });

  it('does as requests like', async () => {
    expect((await ask('/as-you-like')).status).toBe(200);
    expect((await ask('/as-you-like', 'x-envoy-fault-abort-request: 418\r\n')).status).toBe(418);
  });

  it('lets two through, then tells when to come again', async () => {
    const answers = [await ask('/limited'), await ask('/limited'), await ask('/limited')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect([answers[2]?.get('retry-after'), answers[0]?.get('x-ratelimit-limit')]).toEqual(['30', '2']);
  });

  it('answers a preflight', async () => {
    const client = await plane.client();
    const fields = 'Origin: https://shop.example\r\nAccess-Control-Request-Method: PUT\r\n';
    const answer = await client.ask(`OPTIONS / HTTP/1.1\r\nHost: web\r\n${fields}\r\n`);
    const names = ['allow-origin', 'allow-methods', 'allow-headers', 'max-age'];
    expect(names.map((name) => answer.get(`access-control-${name}`))).toEqual([
      'https://shop.example',
      'GET, PUT',
      'content-type',
      '600',
    ]);
  });
});
