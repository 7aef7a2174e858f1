// The folders of examples/ that show policies: run as their READMEs say, each does what it says there.
import { RunningExample } from '../../support/running-example.ts';

const TIMEOUT_MS = 120_000;

let example: RunningExample | null = null;

afterEach(async () => {
  await example?.stop();
  example = null;
});

async function run(name: string): Promise<RunningExample> {
  example = await RunningExample.start(name);
  expect(example.output).not.toMatch(/^(error|warning) /m);
  return example;
}

/** `ann kept shop-2x9r2 2 in the cart`. */
function toldOf(
  shopper: string,
  lines: readonly string[],
): readonly { readonly session: string; readonly pod: string }[] {
  return lines.flatMap((line) => {
    const [name, session = '', pod = ''] = line.split(' ');
    return name === shopper ? [{ session, pod }] : [];
  });
}

const SHOPPERS = ['ann', 'bob', 'eve'];

describe('the example', () => {
  it(
    'sticky-sessions: shoppers stay while their pod serves, and move once when every pod is replaced',
    async () => {
      const shop = await run('sticky-sessions');
      const count = (session: string, least: number) => () =>
        SHOPPERS.every(
          (one) => toldOf(one, shop.clientLines).filter((told) => told.session === session).length >= least,
        )
          ? true
          : null;
      await shop.until('everybody has a cart', count('kept', 2));
      shop.edit('app.yaml', 'value: "1"', 'value: "2"');
      const drains = async () => ((await shop.clusters()).includes('"DRAINING"') ? true : null);
      await shop.until('a pod that was told to end is shown so', drains);
      await shop.until('everybody has moved', count('moved', 1));
      await shop.until('the new pods are up', () =>
        /stopping: replaced[\s\S]*\nall 4 pods up\n/.test(shop.output) ? true : null,
      );
      for (const shopper of SHOPPERS) {
        const told = toldOf(shopper, shop.clientLines);
        expect(
          told.map(({ session }) => session).filter((session) => session === 'new' || session === 'moved'),
        ).toEqual(['new', 'moved']);
        const [first, second, ...more] = [
          ...new Set(told.filter(({ session }) => session !== 'away').map(({ pod }) => pod)),
        ];
        expect([first === undefined, second === undefined, more]).toEqual([false, false, []]);
      }
      expect(shop.clientLines.filter((line) => line.includes('failed'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'ejection: the sick pod is taken out, and why is told',
    async () => {
      const orders = await run('ejection');
      await orders.until('orders fail', () =>
        orders.clientLines.some((line) => /^[1-9]\d* of /.test(line)) ? true : null,
      );
      const table = await orders.until('the sick pod is out', async () => {
        const shown = await orders.show('endpoints');
        return shown.includes('ejected') ? shown : null;
      });
      const rows = table.split('\n').filter((line) => line.includes('ejected'));
      expect(rows).toEqual([expect.stringMatching(/default\/orders-sick-\w+ .*ejected .*: \d+ of \d+ answers failed/)]);
    },
    TIMEOUT_MS,
  );

  it(
    'traffic-policy: one request of five is answered 503, and the client sees none of it',
    async () => {
      const shop = await run('traffic-policy');
      // Three pods have then been asked five times each, but for what was slow.
      const lines = await shop.until('fifteen answers', () =>
        shop.clientLines.length >= 15 ? shop.clientLines : null,
      );
      expect(lines.filter((line) => !line.startsWith('200 '))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'gateway-api: a canary for who asks for it, and a redirect of what has moved',
    async () => {
      const shop = await run('gateway-api');
      const canary = await shop.call('http://shop/cart', { 'x-canary': 'yes' });
      expect([canary.status, canary.body]).toEqual([200, expect.stringContaining('"pod":"shop-v2-')]);
      const moved = await shop.call('http://shop/old/cart');
      expect([moved.status, moved.location]).toEqual([301, 'http://shop/new/cart']);
      expect((await shop.call('http://shop/cart')).status).toBe(200);
      const routes = (await shop.show('routes')).split('\n').map((row) => row.split(/ {3,}/).slice(0, 5).join(' | '));
      expect(routes).toEqual(
        expect.arrayContaining([
          'shop.default:80 | default/moved/0 | /old and below | redirect | -',
          'shop.default:80 | default/shop/canary | /* | shop-v1.default:80 90, shop-v2.default:80 10 | 2s',
        ]),
      );
      expect(await shop.show('clusters')).toMatch(/^shop-v1\.default +80 +2 of 2 +round-robin +on, at most 50 %/m);
      expect(await shop.show('listeners')).toMatch(/^outbound +127\.\d+\.\d+\.\d+:15001$/m);
    },
    TIMEOUT_MS,
  );
});
