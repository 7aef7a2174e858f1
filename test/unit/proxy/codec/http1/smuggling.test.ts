// Known ways to make two parsers see different messages in the same bytes. Each is refused, so that none is passed on.
import { readRequests, readResponse } from '../../../../fuzz/http1/read-messages.ts';
import { SMUGGLED_REQUESTS, SMUGGLED_RESPONSES } from '../../../../fuzz/http1/smuggling-cases.ts';

describe('a smuggled message', () => {
  it.each(SMUGGLED_REQUESTS)('is refused: request, %s', (_name, text) => {
    const { messages, refusal } = readRequests(text);
    expect(refusal).not.toBe('');
    expect(messages.filter((message) => message.complete)).toEqual([]);
  });

  it.each(SMUGGLED_RESPONSES)('is refused: response, %s', (_name, text) => {
    const { messages, refusal } = readResponse(text, 'GET');
    expect(refusal).not.toBe('');
    expect(messages.filter((message) => message.complete)).toEqual([]);
  });
});
