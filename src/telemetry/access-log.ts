// The access log: one JSON line a request, with the keys of the public contract.

/** What a finished request tells. It is read during `record` only and may be reused afterwards. */
export interface AccessRecord {
  /** Milliseconds since the epoch when the request head had come. */
  readonly startedAtWallMs: number;
  readonly durationMs: number;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  readonly protocol: string;
  /** 0 = no answer was sent. */
  readonly status: number;
  /** Response flags, '' = none. */
  readonly flags: string;
  readonly details: string;
  /** Body bytes from the caller and to it. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly attempts: number;
  readonly upstreamHost: string;
  readonly upstreamCluster: string;
  readonly route: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly downstreamRemote: string;
  readonly userAgent: string;
}

export interface AccessLog {
  record(record: AccessRecord): void;
}

/** `write` receives finished lines, each with its line end; it should batch. */
export class JsonAccessLog implements AccessLog {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  record(record: AccessRecord): void {
    this.#write(renderAccessLine(record));
  }
}

/** Everything that comes from the network is escaped, so that a request cannot forge a line. */
function renderAccessLine(r: AccessRecord): string {
  return (
    `{"time":"${new Date(r.startedAtWallMs).toISOString()}","method":${quote(r.method)},"authority":${quote(r.authority)}` +
    `,"path":${quote(r.path)},"protocol":"${r.protocol}","status":${r.status},"flags":"${r.flags}","details":${quote(r.details)}` +
    `,"bytes_received":${r.bytesReceived},"bytes_sent":${r.bytesSent},"duration_ms":${Math.round(r.durationMs * 1000) / 1000}` +
    `,"attempts":${r.attempts},"upstream_host":"${r.upstreamHost}","upstream_cluster":${quote(r.upstreamCluster)}` +
    `,"route":${quote(r.route)},"request_id":${quote(r.requestId)},"trace_id":${quote(r.traceId)}` +
    `,"downstream_remote":"${r.downstreamRemote}","user_agent":${quote(r.userAgent)}}\n`
  );
}

function quote(text: string): string {
  return text === '' ? '""' : JSON.stringify(text);
}
