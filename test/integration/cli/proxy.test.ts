// Promises of `switchboard proxy` as a process: settings, ports, how it ends.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type RunningCli, runCli, startCli } from '../../support/run-cli.ts';

/** Nothing answers on port 9 of loopback, so the sidecar stays without configuration. */
const ALONE = {
  SWITCHBOARD_ADMIN_ADDRESS: '127.0.0.1:0',
  SWITCHBOARD_OUTBOUND_ADDRESSES: '127.0.0.1:0',
  SWITCHBOARD_XDS_ADDRESS: '127.0.0.1:9',
};

const running: RunningCli[] = [];

function start(env: Readonly<Record<string, string>>): RunningCli {
  const proxy = startCli(['proxy'], { ...ALONE, ...env });
  running.push(proxy);
  return proxy;
}

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

describe('switchboard proxy', () => {
  it('reports every wrong setting, a line each, and ends with 2', async () => {
    const { code, stdout, stderr } = await runCli(['proxy'], {
      SWITCHBOARD_DRAIN_TIMEOUT: 'soon',
      SWITCHBOARD_POD_NAMESAPCE: 'shop',
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      'switchboard proxy: SWITCHBOARD_POD_NAMESAPCE: is not a setting; did you mean SWITCHBOARD_POD_NAMESPACE?\n' +
        'switchboard proxy: SWITCHBOARD_DRAIN_TIMEOUT: "soon" is not a duration; write a whole number and a unit, such as 250ms, 10s, 5m or 1h\n',
    );
  });

  it('lists every setting with its default in --help', async () => {
    const { stdout } = await runCli(['proxy', '--help']);
    expect(stdout).toContain('SWITCHBOARD_ADMIN_ADDRESS (default: 127.0.0.1:15000)');
    expect(stdout).toContain('SWITCHBOARD_LOG_LEVEL (default: info)');
  });

  it('ends with 1 and one line that tells what to do when its admin port is taken', async () => {
    const holder: Server = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const { code, stderr } = await runCli(['proxy'], { ...ALONE, SWITCHBOARD_ADMIN_ADDRESS: `127.0.0.1:${port}` });
    holder.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `switchboard proxy: the port for the admin pages is taken: 127.0.0.1:${port}; \`ss -ltnp 'sport = :${port}'\` shows by whom; ` +
        'stop that, or choose another with SWITCHBOARD_ADMIN_ADDRESS\n',
    );
  });

  it('is there without a control plane, and ends with 0 on SIGTERM', async () => {
    const proxy = start({});
    await proxy.says(/started admin=127\.0\.0\.1:\d+/);
    proxy.child.kill('SIGTERM');
    expect(await proxy.ended).toBe(0);
    expect(proxy.output()).toContain('stopping because=SIGTERM');
  });

  it('writes its log as JSON when it is told to', async () => {
    const proxy = start({ SWITCHBOARD_LOG_FORMAT: 'json' });
    await proxy.says(/"message":"started","admin":"127\.0\.0\.1:\d+"/);
  });

  it('ends with its supervisor', async () => {
    const proxy = start({ SWITCHBOARD_PARENT_FD: '0' });
    await proxy.says(/started/);
    proxy.child.stdin?.end();
    expect(await proxy.ended).toBe(0);
    expect(proxy.output()).toContain('the supervisor is gone');
  });

  it('refuses a supervisor descriptor that is not open: 2', async () => {
    const { code, stderr } = await runCli(['proxy'], { ...ALONE, SWITCHBOARD_PARENT_FD: '900' });
    expect(code).toBe(2);
    expect(stderr).toContain('SWITCHBOARD_PARENT_FD: the descriptor 900 is not an open pipe');
  });

  it('tells an error that nobody expected in one line with its place, and ends with 1', async () => {
    const bug = "process.on('SIGUSR2',()=>{throw(new(Error)('boom'))})";
    const proxy = start({ NODE_OPTIONS: `--import=data:text/javascript,${bug}` });
    await proxy.says(/started/);
    proxy.child.kill('SIGUSR2');
    expect(await proxy.ended).toBe(1);
    expect(proxy.output()).toMatch(/\nswitchboard: internal error: boom at process\.\S+ \(data:\S+\) at [^\n]+\n$/);
  });

  it('ends with 0 when its admin page is asked to stop it', async () => {
    const proxy = start({});
    const [port] = await proxy.says(/started admin=127\.0\.0\.1:(\d+)/);
    const response = await fetch(`http://127.0.0.1:${port}/quitquitquit`, { method: 'POST' });
    expect(await response.text()).toBe('OK\n');
    expect(await proxy.ended).toBe(0);
  });
});
