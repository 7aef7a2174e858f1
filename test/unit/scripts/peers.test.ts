// What `npm run peers` knows of versions, places and Debian's services; nothing is installed here.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withServicesOff } from '../../../scripts/peers/debian-services.ts';
import { parseVersion, satisfies } from '../../../scripts/peers/inspect.ts';
import { PEERS } from '../../../scripts/peers/table.ts';
import { findPeer } from '../../support/peers.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peers-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(place: string, name: string, mode = 0o755): string {
  const file = join(folder, place, name);
  mkdirSync(join(folder, place), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, mode);
  return file;
}

describe('findPeer', () => {
  it('takes a program on PATH before the one in .peers/bin', () => {
    const onPath = program('path', 'envoy');
    program('bin', 'envoy');
    expect(findPeer('envoy', `${folder}/empty:${folder}/path`, `${folder}/bin`)).toBe(onPath);
  });

  it('falls back to .peers/bin', () => {
    const installed = program('bin', 'envoy');
    expect(findPeer('envoy', `${folder}/path`, `${folder}/bin`)).toBe(installed);
  });

  it('answers null for what is absent, a folder, or not executable', () => {
    program('path', 'wrk', 0o644);
    mkdirSync(join(folder, 'bin', 'wrk'), { recursive: true });
    expect(findPeer('wrk', `${folder}/path`, `${folder}/bin`)).toBeNull();
  });

  it('does not take an empty part of PATH for the current folder', () => {
    expect(findPeer('package.json', '', `${folder}/bin`)).toBeNull();
  });
});

describe('parseVersion', () => {
  it.each([
    ['envoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE/BoringSSL', '1.40.0'],
    ['nginx version: nginx/1.22.1', '1.22.1'],
    ['HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/', '2.6.12'],
    ['wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer', '4.1.0'],
    ['no version at all', null],
  ])('finds the version in %j', (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });
});

describe('satisfies', () => {
  it('wants an exact pin exactly', () => {
    expect(satisfies('1.40.0', '=1.40.0')).toBe(true);
    expect(satisfies('1.40.1', '=1.40.0')).toBe(false);
  });

  it('compares a lower bound by number, not by text', () => {
    expect(satisfies('1.22.1', '>=1.18.0')).toBe(true);
    expect(satisfies('1.9.9', '>=1.18.0')).toBe(false);
    expect(satisfies('2.0.0', '>=1.18.0')).toBe(true);
  });
});

describe('PEERS', () => {
  it('has one row per name, and pins exactly whatever comes from a registry of versions', () => {
    const names = PEERS.map((peer) => peer.name);
    expect(new Set(names).size).toBe(names.length);
    for (const peer of PEERS.filter((row) => row.from === 'python')) expect(peer.version).toMatch(/^=\d/);
  });
});

describe('withServicesOff', () => {
  it('forbids services while it installs and takes its policy away again, even after a failure', async () => {
    const policy = join(folder, 'policy-rc.d');
    const install = async (): Promise<void> => {
      expect(readFileSync(policy, 'utf8')).toContain('exit 101');
      throw new Error('no network');
    };
    await expect(withServicesOff([], install, policy)).rejects.toThrow('no network');
    expect(existsSync(policy)).toBe(false);
  });

  it('leaves a policy of the machine as it is', async () => {
    const policy = join(folder, 'policy-rc.d');
    writeFileSync(policy, '#!/bin/sh\nexit 104\n');
    await withServicesOff([], () => Promise.resolve(), policy);
    expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 104\n');
  });

  it('removes what a killed run left behind', async () => {
    const policy = join(folder, 'policy-rc.d');
    let left = '';
    const keepPolicy = async (): Promise<void> => {
      left = readFileSync(policy, 'utf8');
    };
    await withServicesOff([], keepPolicy, policy);
    writeFileSync(policy, left);
    await withServicesOff([], () => Promise.resolve(), policy);
    expect(existsSync(policy)).toBe(false);
  });
});
