// Where a local mesh keeps its state and which ports it takes.
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { chooseLocalPorts, resolveManifestFolder, resolveStateFolder } from '../../../src/app/local-settings.ts';
import { codeOf } from '../../../src/base/coded-error.ts';
import type { PortProbe } from '../../../src/local/port-probe.ts';
import { TempFolder } from '../../support/temp-folder.ts';

const temp = new TempFolder();
const root = realpathSync(temp.path);

beforeAll(() => mkdirSync(temp.at('apps')));
afterAll(() => temp.remove());

function codeThrown(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return codeOf(error);
  }
}

function probe(taken: readonly number[]): PortProbe {
  return { stateOf: async (host, port) => (host === '127.0.0.1' && taken.includes(port) ? 'taken' : 'free') };
}

describe('resolveManifestFolder', () => {
  it('answers the real path, so that a link and its target are one mesh', () => {
    symlinkSync(temp.at('apps'), temp.at('link'));
    expect(resolveManifestFolder(temp.at('link'))).toBe(`${root}/apps`);
  });

  it('refuses what is missing or no folder', () => {
    temp.write('file.yaml', '');
    expect(codeThrown(() => resolveManifestFolder(temp.at('none')))).toBe('no_folder');
    expect(codeThrown(() => resolveManifestFolder(temp.at('file.yaml')))).toBe('no_folder');
  });
});

describe('resolveStateFolder', () => {
  it('is a folder of its own for each folder of manifests, below the state folder of the user', () => {
    const first = resolveStateFolder(null, '/apps/web', { HOME: '/home/me' });
    expect(first).toMatch(/^\/home\/me\/\.local\/state\/switchboard\/web-[0-9a-f]{8}$/);
    expect(resolveStateFolder(null, '/other/web', { HOME: '/home/me' })).not.toBe(first);
    expect(resolveStateFolder(null, '/apps/web', { HOME: '/home/me', XDG_STATE_HOME: '/state' })).toMatch(
      /^\/state\/switchboard\/web-/,
    );
  });

  it('must lie outside of the manifests', () => {
    for (const inside of ['apps', 'apps/state', 'apps/a/../b']) {
      expect(codeThrown(() => resolveStateFolder(temp.at(inside), `${root}/apps`, {}))).toBe('state_inside');
    }
    expect(resolveStateFolder(temp.at('apps-state'), `${root}/apps`, {})).toBe(`${root}/apps-state`);
    expect(resolveStateFolder(temp.at('..state'), `${root}/apps`, {})).toBe(`${root}/..state`);
  });

  it('must be given where there is no home', () => {
    expect(codeThrown(() => resolveStateFolder(null, '/apps', {}))).toBe('no_home');
  });
});

describe('chooseLocalPorts', () => {
  /** `claimed` belong to another supervisor. */
  function claims(claimed: readonly number[] = []) {
    const held = new Set(claimed);
    return {
      held,
      claimPort: async (_host: string, port: number) => {
        if (held.has(port)) return null;
        held.add(port);
        return async () => void held.delete(port);
      },
    };
  }

  it('takes the usual ones while they are free, and keeps them claimed', async () => {
    const own = claims();
    expect(await chooseLocalPorts(true, probe([]), own)).toEqual({ frontDoor: 15_001, xds: 15_010, admin: 15_014 });
    expect([...own.held]).toEqual([15_099]);
  });

  it('names the port that is taken, what it is for and what to do', async () => {
    await expect(chooseLocalPorts(false, probe([15_010]), claims())).rejects.toMatchObject({
      code: 'port_taken',
      message: '127.0.0.1:15010 (xDS of the control plane) is taken by another program',
      remedy: 'end that one, or let switchboard choose with --ports auto',
    });
    await expect(chooseLocalPorts(false, probe([]), claims([15_099]))).rejects.toThrow(
      'belong to another "switchboard up"',
    );
  });

  it('takes the next free set when it may choose, and gives back what it can not use', async () => {
    const own = claims([15_099]);
    const ports = await chooseLocalPorts(true, probe([15_114]), own);
    expect(ports).toEqual({ frontDoor: 15_201, xds: 15_210, admin: 15_214 });
    expect([...own.held]).toEqual([15_099, 15_299]);
  });

  it('never gives two that start together the same', async () => {
    const both = claims();
    const chosen = await Promise.all([
      chooseLocalPorts(true, probe([]), both),
      chooseLocalPorts(true, probe([]), both),
    ]);
    expect(chosen.map(({ frontDoor }) => frontDoor)).toEqual([15_001, 15_101]);
  });
});
