// Promise of the version that the program tells.
import { readFileSync } from 'node:fs';
import { VERSION } from '../../../src/cli/version.ts';

describe('VERSION', () => {
  it('is that of package.json', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(manifest.version);
  });
});
