// Lines on their way to a file or a pipe.

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { LineSink } from '../../../src/app/line-sink.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { TempFolder } from '../../support/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => {
  folder = new TempFolder();
});
afterEach(() => folder.remove());

describe('LineSink', () => {
  it('has written all lines when it is closed, in order, behind what was in the file', async () => {
    folder.write('log', 'before\n');
    const sink = new LineSink(folder.at('log'), systemClock);
    for (let line = 0; line < 20_000; line += 1) sink.write(`line ${line}\n`);
    await sink.close();
    const lines = readFileSync(folder.at('log'), 'utf8').split('\n');
    expect(lines).toHaveLength(20_002);
    expect([lines[0], lines[1], lines[20_000]]).toEqual(['before', 'line 0', 'line 19999']);
  });

  it('waits at its end for a reader that takes its time, and cuts no line', async () => {
    execFileSync('mkfifo', [folder.at('pipe')]);
    // Both ends in this process, so that neither open waits for the other; the reading end never waits.
    const end = openSync(folder.at('pipe'), 'r+');
    const sink = new LineSink(folder.at('pipe'), systemClock);
    const line = `${'x'.repeat(999)}\n`;
    for (let count = 0; count < 300; count += 1) sink.write(line);
    const closed = sink.close();
    let text = '';
    const chunk = Buffer.alloc(65_536);
    while (text.length < 300 * line.length) {
      text += chunk.toString('latin1', 0, readSync(end, chunk));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    closeSync(end);
    expect(text).toBe(line.repeat(300));
  });
});
