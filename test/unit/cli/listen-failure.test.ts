// Promises of what a port that could not be opened is told like.
import { explainListenFailure } from '../../../src/cli/listen-failure.ts';

const wanted = { what: 'the admin pages', address: { host: '127.0.0.1', port: 15_000 }, change: '--admin-address' };

function systemError(code: string): Error {
  return Object.assign(new Error(`listen ${code}`), { code });
}

describe('explainListenFailure', () => {
  it('names a taken port, how to see who has it, and the flag that chooses another', () => {
    expect(explainListenFailure(systemError('EADDRINUSE'), wanted)).toMatchObject({
      message: 'the port for the admin pages is taken: 127.0.0.1:15000',
      remedy: "`ss -ltnp 'sport = :15000'` shows by whom; stop that, or choose another with --admin-address",
    });
  });

  it.each([
    ['EACCES', 'is not allowed'],
    ['EADDRNOTAVAIL', 'is not one of this machine'],
    ['EMFILE', 'cannot listen on'],
  ])('says what %s means', (code, text) => {
    expect(explainListenFailure(systemError(code), wanted)).toMatchObject({
      message: expect.stringContaining(text),
    });
  });

  it('leaves every other error as it is', () => {
    const error = new Error('something else');
    expect(explainListenFailure(error, wanted)).toBe(error);
  });
});
