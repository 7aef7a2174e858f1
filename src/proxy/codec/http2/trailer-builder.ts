// Header blocks behind a body → a trailer section as HTTP/1.1 has it: lines `name: value\r\n`.
import { isForbiddenTrailer } from '../http1/trailers.ts';
import { isPseudo, KIND_MALFORMED } from './field-kind.ts';
import type { FieldSink, FieldText } from './hpack/hpack-decoder.ts';

export class TrailerBuilder implements FieldSink {
  /** Why the block is no trailer section, '' = it may be one. */
  problem = '';

  begin(text: FieldText): void {
    this.problem = '';
    text.end = 0;
  }

  /** What frames, routes or authenticates a message is of no use here, and is dropped (RFC 9110 section 6.5.1). */
  onField(text: FieldText, nameLength: number, valueLength: number, kind: number): void {
    if (isPseudo(kind) || kind === KIND_MALFORMED) {
      this.problem = 'a trailer field that HTTP/2 does not allow';
      return;
    }
    const nameEnd = text.end + nameLength;
    if (!isForbiddenTrailer(text.bytes.toString('latin1', text.end, nameEnd))) text.end = nameEnd + valueLength + 4;
  }

  end(text: FieldText): string {
    return text.bytes.toString('latin1', 0, text.end);
  }
}
