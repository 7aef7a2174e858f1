// The access logs of a sidecar: the one that its settings name, and the files that listeners name, each opened once.
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/coded-error.ts';
import type { Log } from '../base/log.ts';
import { type AccessLog, type AccessRecord, JsonAccessLog } from '../telemetry/access-log.ts';
import { LineSink, type LineWriter } from './line-sink.ts';

const STREAMS: Readonly<Record<string, number>> = { '/dev/stdout': 1, '/dev/stderr': 2 };
/** A control plane that names ever new files must not use up the descriptors. */
const MAX_FILES = 64;

/** Where the lines for `target`, a path or a descriptor, go. Throws where it cannot be written. */
export type OpenSink = (path: string, target: string | number) => LineWriter;

interface OpenLog {
  readonly sink: LineWriter;
  readonly log: AccessLog;
}

export class AccessLogs {
  readonly #log: Log;
  readonly #openSink: OpenSink;
  readonly #open = new Map<string, OpenLog>();

  constructor(clock: Clock, log: Log, openSink: OpenSink = (_path, target) => new LineSink(target, clock)) {
    this.#log = log;
    this.#openSink = openSink;
  }

  /** Lines that were dropped because their reader was too slow. */
  get dropped(): number {
    let dropped = 0;
    for (const { sink } of this.#open.values()) dropped += sink.dropped;
    return dropped;
  }

  /** Throws where the file cannot be written. */
  open(path: string): AccessLog {
    const known = this.#open.get(path);
    if (known !== undefined) return known.log;
    if (this.#open.size >= MAX_FILES) throw new Error(`there are ${MAX_FILES} access logs already`);
    const sink = this.#openSink(path, STREAMS[path] ?? path);
    const log = new JsonAccessLog(sink.write);
    this.#open.set(path, { sink, log });
    return log;
  }

  /** `lines` are whole, and come from elsewhere. What cannot be opened is told where it was asked for: here nothing comes of it. */
  writeTo(path: string, lines: string): void {
    try {
      this.open(path);
    } catch {
      return;
    }
    this.#open.get(path)?.sink.write(lines);
  }

  /** One log that writes to each of `paths`. Those that cannot be written are told and left out; null = none is left. */
  openAll(paths: readonly string[]): AccessLog | null {
    const logs: AccessLog[] = [];
    for (const path of paths) {
      try {
        logs.push(this.open(path));
      } catch (error) {
        this.#log.error('an access log cannot be written', { path, reason: messageOf(error) });
      }
    }
    return logs.length > 1 ? new AccessLogTee(logs) : (logs[0] ?? null);
  }

  /** Resolves when what waits is written. */
  async close(): Promise<void> {
    const sinks = Array.from(this.#open.values(), ({ sink }) => sink);
    this.#open.clear();
    await Promise.all(sinks.map((sink) => sink.close()));
  }
}

class AccessLogTee implements AccessLog {
  readonly #logs: readonly AccessLog[];

  constructor(logs: readonly AccessLog[]) {
    this.#logs = logs;
  }

  record(record: AccessRecord): void {
    for (const log of this.#logs) log.record(record);
  }
}
