// A rate limit in a sidecar with workers is one limit: each worker gives its share of it.
import { readFileSync } from 'node:fs';
import { get, RawClient } from '../../support/raw-client.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { WorkerSidecar } from '../../support/worker-sidecar.ts';

const EXAMPLE = new URL('../../../examples/bootstrap/filters.yaml', import.meta.url);

it('lets 20 requests pass through 2 workers whose limit is 20, and counts them together', async () => {
  const folder = new TempFolder();
  // Answered by the sidecar itself, on ports of its own choice.
  const text = readFileSync(EXAMPLE, 'utf8')
    .replace(/^admin:\n.*\n/m, '')
    .replace('port_value: 10000', 'port_value: 0')
    .replace(
      /match: \{ path: \/limited \}\n( +)route: \{ cluster: web \}/,
      'match: { path: /limited }\n$1direct_response: { status: 200 }',
    )
    .replace('max_tokens: 2', 'max_tokens: 20')
    .replace('fill_interval: 60s', 'fill_interval: 3600s');
  folder.write('filters.yaml', text);
  const sidecar = await WorkerSidecar.start(['-c', folder.at('filters.yaml'), '--concurrency', '2']);
  const clients: RawClient[] = [];
  try {
    const port = await sidecar.port();
    const askAtOnce = (count: number): Promise<number[]> =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const client = await RawClient.connect(port);
          clients.push(client);
          return (await client.ask(get('web', '/limited'))).status;
        }),
      );
    const statuses: number[] = [];
    const passed = (): number => statuses.filter((status) => status === 200).length;
    // The system shares connections as it likes: until both workers have given all that they have.
    for (let batch = 0; batch < 20 && passed() < 20; batch += 1) statuses.push(...(await askAtOnce(40)));
    statuses.push(...(await askAtOnce(40)));
    // Each gives 10; two tokens an hour are not in time.
    expect(passed()).toBe(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(statuses.length - 20);
    expect(await sidecar.stat('limited.http_local_rate_limit.ok')).toBe(20);
    expect(await sidecar.stat('limited.http_local_rate_limit.enforced')).toBe(statuses.length - 20);
  } finally {
    for (const client of clients) client.socket.destroy();
    await sidecar.close();
    folder.remove();
  }
}, 90_000);
