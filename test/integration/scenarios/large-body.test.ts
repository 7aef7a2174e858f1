// A body larger than memory: 2 GiB each way through the bundled sidecar, which stays under 150 MB.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildBundle } from '../../../scripts/build.ts';
import { TempFolder } from '../../support/temp-folder.ts';

const SIZE = 2 * 1024 ** 3;
const PIECE = Buffer.alloc(65_536, 'a');
const LIMIT_MB = 150;

/** Sends SIZE bytes as fast as `sink` takes them. */
function pour(sink: NodeJS.WritableStream): void {
  let left = SIZE;
  const go = (): void => {
    while (left > 0) {
      left -= PIECE.length;
      if (!sink.write(PIECE)) {
        sink.once('drain', go);
        return;
      }
    }
    sink.end();
  };
  go();
}

function residentMb(pid: number): number {
  const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) / 1024;
}

/** Resolves with the groups of `pattern` in what the program says. */
function says(program: ChildProcess, pattern: RegExp): Promise<readonly string[]> {
  let said = '';
  return new Promise((resolve, reject) => {
    for (const stream of [program.stdout, program.stderr]) {
      stream?.on('data', (chunk) => {
        said += chunk;
        const match = pattern.exec(said);
        if (match !== null) resolve(match.slice(1));
      });
    }
    program.on('exit', () => reject(new Error(`ended: ${said}`)));
  });
}

// Memory is read from /proc, which only Linux has.
(process.platform === 'linux' ? describe : describe.skip)('a body of 2 GiB', () => {
  const folder = new TempFolder();
  const programs: ChildProcess[] = [];
  let proxyPort = 0;
  let sidecarPid = 0;

  const backend = createServer((incoming, answer) => {
    if (incoming.method === 'GET') {
      answer.writeHead(200, { 'content-length': SIZE });
      pour(answer);
      return;
    }
    let received = 0;
    incoming.on('data', (bytes) => {
      received += bytes.length;
    });
    incoming.on('end', () => answer.end(String(received)));
  });

  function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const program = spawn(process.execPath, [folder.at('bundle/switchboard.mjs'), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    programs.push(program);
    return program;
  }

  beforeAll(async () => {
    await buildBundle(folder.at('bundle'));
    backend.listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const { port } = backend.address() as AddressInfo;
    folder.write('manifests/big.yaml', manifest(port));
    const addresses = ['--xds-address', '127.0.0.1:0', '--admin-address', '127.0.0.1:0'];
    const control = start(['control-plane', '--registry', `file:${folder.at('manifests')}`, ...addresses], {});
    const [xds = ''] = await says(control, /ready: xds (\S+),/);
    const sidecar = start(['proxy'], {
      SWITCHBOARD_XDS_ADDRESS: xds,
      SWITCHBOARD_OUTBOUND_ADDRESSES: '127.0.0.1:0',
      SWITCHBOARD_ADMIN_ADDRESS: '127.0.0.1:0',
      SWITCHBOARD_ACCESS_LOG: 'off',
    });
    const [bound] = await says(sidecar, /listening .*address=127\.0\.0\.1:(\d+)[\s\S]* ready/);
    proxyPort = Number(bound);
    sidecarPid = sidecar.pid ?? 0;
  }, 30_000);

  afterAll(async () => {
    for (const program of programs.reverse()) {
      program.removeAllListeners('exit');
      program.kill('SIGKILL');
      await once(program, 'close');
    }
    backend.closeAllConnections();
    backend.close();
    folder.remove();
  });

  it(`streams to the caller while the sidecar stays under ${LIMIT_MB} MB`, async () => {
    const call = request({ host: '127.0.0.1', port: proxyPort, path: '/', headers: { host: 'big' } });
    call.end();
    const [answer] = await once(call, 'response');
    let received = 0;
    for await (const bytes of answer) received += bytes.length;
    expect(received).toBe(SIZE);
    expect(residentMb(sidecarPid)).toBeLessThan(LIMIT_MB);
  }, 120_000);

  it(`streams to the pod while the sidecar stays under ${LIMIT_MB} MB`, async () => {
    const headers = { host: 'big', 'content-length': SIZE };
    const call = request({ host: '127.0.0.1', port: proxyPort, path: '/', method: 'POST', headers });
    pour(call);
    const [answer] = await once(call, 'response');
    let text = '';
    for await (const chunk of answer) text += chunk;
    expect(text).toBe(String(SIZE));
    expect(residentMb(sidecarPid)).toBeLessThan(LIMIT_MB);
  }, 120_000);
});

function manifest(port: number): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: big }
spec: { ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: big-1, labels: { kubernetes.io/service-name: big } }
addressType: IPv4
ports: [{ name: http, port: ${port} }]
endpoints: [{ addresses: [127.0.0.1], conditions: { ready: true } }]
`;
}
