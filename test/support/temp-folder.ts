// A folder of its own for a test, gone afterwards.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class TempFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'switchboard-'));

  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes in place, with the folders that it takes. */
  write(name: string, text: string): void {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), text);
  }

  /** As careful editors save: a new file takes the place of the old one. */
  replace(name: string, text: string): void {
    this.write(`${name}.tmp`, text);
    renameSync(this.at(`${name}.tmp`), this.at(name));
  }

  remove(name = '.'): void {
    rmSync(this.at(name), { recursive: true, force: true });
  }
}
