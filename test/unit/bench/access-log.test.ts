// Whether a proxy that is measured with its access log on really writes one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccessLog, emptyAccessLog } from '../../../bench/bed/access-log.ts';

describe('the access log of a proxy under load', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('must have a line for half of the requests, as the others may wait in buffers', () => {
    const file = join(folder, 'access.log');
    writeFileSync(file, '{}\n'.repeat(50));
    expect(() => checkAccessLog(file, 100)).not.toThrow();
    expect(() => checkAccessLog(file, 101)).toThrow('its access log has 50 lines after 101 requests');
  });

  it('must be there', () => {
    expect(() => checkAccessLog(join(folder, 'none'), 1)).toThrow('its access log has 0 lines after 1 requests');
  });

  it('is emptied between rounds, and may not be there yet', () => {
    const file = join(folder, 'access.log');
    writeFileSync(file, '{}\n');
    emptyAccessLog(file);
    expect(readFileSync(file, 'utf8')).toBe('');
    expect(() => emptyAccessLog(join(folder, 'none'))).not.toThrow();
  });
});
