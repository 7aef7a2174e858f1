// Lines of an access log on their way from a worker to its primary.
import { PrimaryLines } from '../../../src/app/primary-lines.ts';
import type { FromWorker } from '../../../src/workers/messages.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { turns } from '../../support/until.ts';

class Scene {
  readonly clock = new ManualClock();
  readonly said: string[] = [];
  /** Of messages that have not left yet. */
  readonly sent: (() => void)[] = [];
  readonly lines = new PrimaryLines('/dev/stdout', this.clock, (message, sent) => this.#send(message, sent));

  async leave(): Promise<void> {
    for (const tell of this.sent.splice(0)) tell();
    await turns(1);
  }

  #send(message: FromWorker, sent: () => void): void {
    if (message.kind === 'lines') this.said.push(`${message.path} ${message.lines}`);
    this.sent.push(sent);
  }
}

describe('PrimaryLines', () => {
  it('sends what came within 100 ms in one message, and the next when that has left', async () => {
    const scene = new Scene();
    scene.lines.write('a\n');
    scene.lines.write('b\n');
    scene.clock.advance(100);
    expect(scene.said).toEqual(['/dev/stdout a\nb\n']);
    scene.lines.write('c\n');
    scene.clock.advance(100);
    expect(scene.said).toHaveLength(1);
    await scene.leave();
    scene.clock.advance(100);
    expect(scene.said).toEqual(['/dev/stdout a\nb\n', '/dev/stdout c\n']);
  });

  it('drops and counts lines where the primary takes none and 8 MiB wait', () => {
    const { lines, clock } = new Scene();
    lines.write('first\n');
    clock.advance(100);
    const block = `${'x'.repeat(1_048_575)}\n`;
    for (let count = 0; count < 10; count += 1) lines.write(block);
    expect(lines.dropped).toBe(1);
    lines.write('two\nlines\n');
    expect(lines.dropped).toBe(3);
  });

  it('is closed when the last line has left', async () => {
    const scene = new Scene();
    scene.lines.write('a\n');
    scene.clock.advance(100);
    scene.lines.write('b\n');
    let closed = false;
    void scene.lines.close().then(() => {
      closed = true;
    });
    await turns(1);
    expect([scene.said.at(-1), closed]).toEqual(['/dev/stdout b\n', false]);
    await scene.leave();
    expect(closed).toBe(true);
  });
});
