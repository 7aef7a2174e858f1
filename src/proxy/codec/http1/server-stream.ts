// @hot
// The way back to an HTTP/1.1 caller: answers framed and told apart as that version of the protocol has it.
import type { DownstreamStream, OpenTunnel } from '../downstream.ts';
import { BODY_CHUNKED, BODY_UNTIL_CLOSE, type ResponseHead } from '../head.ts';
import type { Http1ServerConnection } from './server-connection.ts';
import { renderResponseHead, renderStatusLine } from './write-head.ts';

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\n';

/** What 426 demands is for the caller to know, though the field ends at this hop (RFC 9110 section 15.5.22). */
function upgradeLines(head: ResponseHead): string {
  const protocols = head.get('upgrade');
  return protocols === null ? '' : `connection: Upgrade\r\nupgrade: ${protocols}\r\n`;
}

/** One a connection, for all of its answers. */
export class Http1ServerStream implements DownstreamStream {
  readonly #connection: Http1ServerConnection;
  #chunked = false;

  constructor(connection: Http1ServerConnection) {
    this.#connection = connection;
  }

  get requestComplete(): boolean {
    return this.#connection.requestComplete;
  }

  get draining(): boolean {
    return this.#connection.draining;
  }

  get closing(): boolean {
    return this.#connection.closing;
  }

  beforeAnswer(draining: boolean, understood: boolean): void {
    const connection = this.#connection;
    // Nobody waits for the rest of a request that has its answer: the caller is told so.
    if (draining || !understood || !connection.requestComplete) connection.closeAfterAnswer();
  }

  pauseReading(): void {
    this.#connection.pauseReading();
  }

  resumeReading(): void {
    this.#connection.resumeReading();
  }

  sendInterim(head: ResponseHead): void {
    this.#connection.writer.text(renderResponseHead(head, '', false));
    this.#connection.writer.flush();
  }

  sendHead(head: ResponseHead, changed: string | null): void {
    const connection = this.#connection;
    const oldCaller = connection.head.versionMinor === 0;
    const kind = head.bodyKind;
    const unknownLength = kind === BODY_CHUNKED || kind === BODY_UNTIL_CLOSE;
    this.#chunked = unknownLength && !oldCaller;
    if (unknownLength && oldCaller) connection.endAnswerByClosing();
    let extra = '';
    if (kind === BODY_UNTIL_CLOSE && !oldCaller) extra = 'transfer-encoding: chunked\r\n';
    if (connection.closing) extra += 'connection: close\r\n';
    else if (oldCaller) extra += 'connection: keep-alive\r\n';
    if (head.status === 426) extra += upgradeLines(head);
    connection.beginAnswer();
    connection.writer.text(
      changed === null ? renderResponseHead(head, extra, oldCaller) : `${renderStatusLine(head)}${changed}${extra}\r\n`,
    );
  }

  sendReply(head: string, body: string): void {
    this.#chunked = false;
    this.#connection.writer.text(head);
    if (body !== '') this.#connection.writer.text(body);
  }

  sendData(bytes: Buffer, start: number, end: number): boolean {
    const { writer } = this.#connection;
    return this.#chunked ? writer.chunk(bytes, start, end) : writer.data(bytes, start, end);
  }

  flush(): boolean {
    return this.#connection.writer.flush();
  }

  takeBackAnswer(): boolean {
    return this.#connection.takeBackAnswer();
  }

  endResponse(trailers: string): void {
    if (this.#chunked) this.#connection.writer.lastChunk(trailers);
    this.#connection.endResponse();
  }

  openTunnel(): OpenTunnel {
    return this.#open(ESTABLISHED);
  }

  openUpgrade(protocol: string, fields: string): OpenTunnel {
    return this.#open(`${SWITCHING}${fields}connection: Upgrade\r\nupgrade: ${protocol}\r\n\r\n`);
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #open(answer: string): OpenTunnel {
    const { socket } = this.#connection;
    const first = this.#connection.detach();
    socket.write(answer, 'latin1');
    return { socket, first }; // alloc-ok: once a tunnel
  }
}
