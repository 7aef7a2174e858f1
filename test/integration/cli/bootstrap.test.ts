// Promises of `switchboard proxy -c FILE`: the file decides, and what it cannot decide is told.
import { readFileSync } from 'node:fs';
import { benchBootstrap, listenerOf, loadAssignment, routesTo, socketAddress } from '../../support/bootstrap-files.ts';
import { httpGet } from '../../support/envoy.ts';
import { type RunningCli, runCli, startCli } from '../../support/run-cli.ts';
import { named, ScriptedBackend } from '../../support/scripted-backend.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A label may have 63 characters: nobody's network is asked for this one. */
const NOBODY = `${'x'.repeat(64)}.example`;

let folder: TempFolder;
const running: RunningCli[] = [];
const backends: ScriptedBackend[] = [];

beforeEach(() => {
  folder = new TempFolder();
});

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  for (const backend of backends.splice(0)) await backend.close();
  folder.remove();
});

function write(content: string | object): string {
  folder.write('bootstrap.yaml', typeof content === 'string' ? content : JSON.stringify(content));
  return folder.at('bootstrap.yaml');
}

function start(content: string | object, env: Readonly<Record<string, string>> = {}): RunningCli {
  const proxy = startCli(['proxy', '-c', write(content)], env);
  running.push(proxy);
  return proxy;
}

async function backend(name: string): Promise<ScriptedBackend> {
  const started = await ScriptedBackend.start(named(name));
  backends.push(started);
  return started;
}

async function portOf(proxy: RunningCli, listener: string): Promise<number> {
  const [port] = await proxy.says(new RegExp(`listening listener=${listener} address=127\\.0\\.0\\.1:(\\d+)`));
  return Number(port);
}

/** One STATIC cluster `web` with one backend. */
function webCluster(port: number): object {
  return { name: 'web', load_assignment: loadAssignment('web', [['127.0.0.1', port]]) };
}

describe('switchboard proxy -c', () => {
  it("runs the bench's bootstrap for Envoy: three backends in turn, no remark, no admin pages, no access log", async () => {
    const ports = [(await backend('a')).port, (await backend('b')).port, (await backend('c')).port];
    const file = benchBootstrap(0, ports);
    const proxy = start(file);
    const port = await portOf(proxy, 'downstream');
    const bodies = await Promise.all(Array.from({ length: 6 }, () => httpGet(port, '/x', 'any.host')));
    expect(bodies.map(({ body }) => body).sort()).toEqual(['a /x', 'a /x', 'b /x', 'b /x', 'c /x', 'c /x']);
    await proxy.says(/ready clusters=1/);
    expect(proxy.output()).not.toContain('bootstrap.yaml:');
    expect(proxy.output()).toContain('started admin=none');
    expect(proxy.output()).not.toContain('"method"');
    proxy.child.kill('SIGTERM');
    expect(await proxy.ended).toBe(0);
  });

  it('reports every problem of the file with its line, and ends with 2', async () => {
    const { code, stdout, stderr } = await runCli(['proxy', '-c', write('node: { id: 5 }\nadmn: {}\n')]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.replaceAll(folder.path, '')).toBe(
      'switchboard proxy: /bootstrap.yaml:1: node.id: is 5; give a text\n' +
        'switchboard proxy: /bootstrap.yaml:2: admn: is no field of envoy.config.bootstrap.v3.Bootstrap; did you mean admin?\n',
    );
    const missing = await runCli(['proxy', '--config-path', folder.at('nowhere.yaml')]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('nowhere.yaml: there is no such file; give the path of');
  });

  it('serves the admin pages where the file says: its own clusters, and the file itself', async () => {
    const { port } = await backend('a');
    const admin = { address: socketAddress('127.0.0.1', 0) };
    const listeners = [listenerOf('web', 0, routesTo('web')), listenerOf('other', 0, routesTo('web'))];
    const proxy = start({ admin, static_resources: { listeners, clusters: [webCluster(port)] } });
    const [adminPort] = await proxy.says(/started admin=127\.0\.0\.1:(\d+)/);
    await proxy.says(/ready/);
    const page = async (path: string): Promise<string> => (await httpGet(Number(adminPort), path, 'localhost')).body;
    expect(await page('/ready')).toBe('LIVE\n');
    expect(await page('/clusters')).toContain('web::added_via_api::false');
    expect((await page('/listeners')).split('\n').map((line) => line.split('::')[0])).toEqual(['web', 'other', '']);
    expect(JSON.parse(await page('/config_dump'))).toMatchObject({
      configs: [{ bootstrap: { static_resources: { clusters: [{ name: 'web' }] } } }],
    });
  });

  it('says which port of the admin pages is taken, and that the file names it', async () => {
    const { port } = await backend('a');
    const admin = { address: socketAddress('127.0.0.1', port) };
    const listeners = [listenerOf('web', 0, routesTo('web'))];
    const file = write({ admin, static_resources: { listeners, clusters: [webCluster(port)] } });
    const { code, stderr } = await runCli(['proxy', '-c', file]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`choose another with admin.address of ${file}`)]);
  });

  it('says that the port of a listener is taken, serves the others, and takes it as soon as it is free', async () => {
    const taken = await backend('other program');
    const listeners = [listenerOf('web', taken.port, routesTo('web')), listenerOf('other', 0, routesTo('web'))];
    const proxy = start({ static_resources: { listeners, clusters: [webCluster((await backend('a')).port)] } });
    await proxy.says(
      /error 127\.0\.0\.1:\d+ is taken by another program; .*; it is tried again every 1000 ms listener=web/,
    );
    expect((await httpGet(await portOf(proxy, 'other'), '/x', 'web')).body).toBe('a /x');
    const { port } = taken;
    await taken.close();
    backends.splice(backends.indexOf(taken), 1);
    expect(await portOf(proxy, 'web')).toBe(port);
    await proxy.says(/ready clusters=1/);
  });

  it('writes each access log that a listener names, as JSON lines, and says that their format is not taken', async () => {
    const { port } = await backend('a');
    const type = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog';
    const log = {
      '@type': type,
      path: folder.at('access.log'),
      log_format: { text_format_source: { inline_string: 'x' } },
    };
    const listeners = [
      listenerOf('logged', 0, { ...routesTo('web'), access_log: [{ name: 'file', typed_config: log }] }),
      listenerOf('silent', 0, routesTo('web')),
    ];
    const proxy = start({ static_resources: { listeners, clusters: [webCluster(port)] } });
    await httpGet(await portOf(proxy, 'silent'), '/silent', 'web');
    await httpGet(await portOf(proxy, 'logged'), '/logged', 'web');
    const lines = await waitUntil('the line is written', () => readFileSync(folder.at('access.log'), 'utf8') || null);
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toEqual([
      expect.objectContaining({
        path: '/logged',
        status: 200,
        upstream_cluster: 'web',
        upstream_host: `127.0.0.1:${port}`,
      }),
    ]);
    expect(proxy.output()).toContain('the lines of this log are JSON with the keys of Switchboard');
  });

  it('ends with 1 when an access log cannot be written', async () => {
    const type = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog';
    const log = { name: 'file', typed_config: { '@type': type, path: folder.at('no/such/folder') } };
    const listeners = [listenerOf('web', 0, { ...routesTo('web'), access_log: [log] })];
    const { code, stderr } = await runCli([
      'proxy',
      '-c',
      write({ static_resources: { listeners, clusters: [webCluster(9)] } }),
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('ENOENT')]);
  });

  it.each(['STRICT_DNS', 'LOGICAL_DNS'])('looks the endpoints of a %s cluster up', async (type) => {
    const { port } = await backend('a');
    const web = {
      name: 'web',
      type,
      dns_lookup_family: 'V4_ONLY',
      respect_dns_ttl: true,
      load_assignment: loadAssignment('web', [['localhost', port]]),
    };
    const lost = {
      name: 'lost',
      type,
      dns_lookup_family: 'V4_ONLY',
      load_assignment: loadAssignment('lost', [[NOBODY, 80]]),
    };
    const listeners = [listenerOf('web', 0, routesTo('web')), listenerOf('lost', 0, routesTo('lost'))];
    const proxy = start({ static_resources: { listeners, clusters: [web, lost] } });
    await proxy.says(/ready clusters=2/);
    expect(await httpGet(await portOf(proxy, 'web'), '/x', 'web')).toEqual({ status: 200, body: 'a /x' });
    const answer = await httpGet(await portOf(proxy, 'lost'), '/x', 'lost');
    expect([answer.status, answer.body]).toEqual([
      503,
      expect.stringContaining(`${NOBODY} cannot be looked up: ENOTFOUND`),
    ]);
  });
});
