// The machine's own names: no network is needed, and none is asked.
import { SystemResolver } from '../../../src/app/system-resolver.ts';

describe('the system resolver', () => {
  it.each([false, true])('knows localhost from the hosts file (life wanted: %s)', async (wantTtl) => {
    expect(await new SystemResolver().resolve('localhost', 4, wantTtl)).toEqual({
      addresses: ['127.0.0.1'],
      ttlMs: null,
    });
  });

  it('rejects with a code for a name that cannot be', async () => {
    const asked = new SystemResolver().resolve('no-such-host.invalid', 4, false);
    await expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/^E[A-Z_]+$/) });
  });
});
