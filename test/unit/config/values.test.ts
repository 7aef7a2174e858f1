// Promises of the values that settings and flags are written in: durations, sizes, addresses, names.
import { parseSocketAddress } from '../../../src/config/parse-address.ts';
import { parseDuration, parseSize } from '../../../src/config/parse-quantity.ts';
import { renderSettingsHelp, renderSettingsMarkdown } from '../../../src/config/render-settings.ts';
import type { Setting } from '../../../src/config/setting.ts';
import { countType, ipType, nameType } from '../../../src/config/setting-types.ts';
import { renderSocketAddress } from '../../../src/model/socket-address.ts';

describe('parseDuration', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['596h', 2_145_600_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  it.each(['', '10', 's', '-1s', '+1s', '1.5s', '1 s', '1S', '1d', '1s1', '597h', '9'.repeat(400), '1constructor'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text).ok).toBe(false);
    },
  );
});

describe('parseSize', () => {
  it.each([
    ['0B', 0],
    ['64KiB', 65_536],
    ['1MiB', 1_048_576],
    ['2GiB', 2_147_483_648],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseSize(text)).toEqual({ ok: true, value: bytes });
  });

  it.each(['64', '64KB', '64kib', '1TiB', '0x10B', '999999999999999GiB'])('refuses %j', (text) => {
    expect(parseSize(text).ok).toBe(false);
  });
});

describe('parseSocketAddress', () => {
  it.each(['127.0.0.1:0', '0.0.0.0:65535', '[::1]:15001', '[fd00::5]:80'])('reads and writes %s', (text) => {
    const result = parseSocketAddress(text, 'listen');
    expect(result.ok && renderSocketAddress(result.value)).toBe(text);
  });

  it.each(['::1:80', '[::1]', '[127.0.0.1]:80', '127.0.0.1', ':80', '127.0.0.1:', '127.0.0.1:65536', '127.0.0.1:8a'])(
    'refuses %j to listen on and to dial',
    (text) => {
      expect(parseSocketAddress(text, 'listen').ok).toBe(false);
      expect(parseSocketAddress(text, 'dial').ok).toBe(false);
    },
  );

  it('takes names and no port 0 to dial, and addresses only to listen', () => {
    expect(parseSocketAddress('control-plane.mesh:15010', 'dial').ok).toBe(true);
    expect(parseSocketAddress('control-plane.mesh:15010', 'listen').ok).toBe(false);
    expect(parseSocketAddress('127.0.0.1:0', 'dial').ok).toBe(false);
    expect(parseSocketAddress('127.0.0.300:80', 'dial').ok).toBe(false);
    expect(parseSocketAddress('a b:80', 'dial').ok).toBe(false);
  });
});

describe('setting types', () => {
  it('keep counts in their range and in digits', () => {
    const type = countType(1, 10);
    expect(['1', '10'].every((text) => type.parse(text).ok)).toBe(true);
    expect(['0', '11', '', '1e1', '٣'].some((text) => type.parse(text).ok)).toBe(false);
  });

  it('take Kubernetes names and IP addresses only', () => {
    expect(['my-api-7x', 'cluster.local', 'a'].every((text) => nameType.parse(text).ok)).toBe(true);
    expect(['My-Api', '-a', 'a..b', 'a/b', 'a~b', ''].some((text) => nameType.parse(text).ok)).toBe(false);
    expect(ipType.parse('fd00::5').ok).toBe(true);
    expect(ipType.parse('[fd00::5]').ok).toBe(false);
  });
});

describe('rendered settings', () => {
  const row: Setting = {
    name: 'widthPx',
    env: 'SWITCHBOARD_WIDTH',
    type: countType(1, 9),
    default: '',
    doc: `What ${'word '.repeat(30)}does.`,
  };
  const families = [{ title: 'Family', rows: [row] }];

  it('name the variable, the default and the sentence in --help, in lines of at most 100 characters', () => {
    const text = renderSettingsHelp(families);
    expect(text).toContain('Family:\n  SWITCHBOARD_WIDTH (default: none)\n      What word');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('are one table row in Markdown, whatever signs the text holds', () => {
    const text = renderSettingsMarkdown([{ title: 'F', rows: [{ ...row, doc: 'a | b', default: '3' }] }]);
    expect(text).toContain('| `SWITCHBOARD_WIDTH` | `3` | a whole number from 1 to 9 | a \\| b |');
  });
});
