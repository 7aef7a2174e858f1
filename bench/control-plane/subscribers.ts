// A process: a share of the subscribers, which tell when they are in sync and when they have acknowledged a change.
import { TYPE_URLS } from './delta-messages.ts';
import { clusterOf } from './mesh.ts';
import { nowUs, type SubscribersConfig, type SubscribersReport } from './messages.ts';
import { Subscriber } from './subscriber.ts';
import { nodeOf, plansOf } from './subscription-plans.ts';

/** Told in portions, so that telling costs little. */
const REPORT_MS = 250;

const config: SubscribersConfig = JSON.parse(process.argv[2] ?? '');
const serviceOfName = new Map(Array.from({ length: config.services }, (_, service) => [clusterOf(service), service]));
let acks: number[] = [];
let unsynced = config.count;

function report(message: SubscribersReport): void {
  process.send?.(message);
}

function onSynced(): void {
  unsynced -= 1;
  if (unsynced === 0) report({ kind: 'synced', atUs: nowUs() });
}

function onNews(typeUrl: string, names: readonly string[]): void {
  if (typeUrl !== TYPE_URLS.endpoints) return;
  const atUs = nowUs();
  for (const name of names) acks.push(serviceOfName.get(name) ?? -1, atUs);
}

function start(): void {
  for (let index = config.first; index < config.first + config.count; index += 1) {
    new Subscriber({
      port: config.port,
      node: nodeOf(index, config.mode),
      plans: plansOf(index, config),
      onSynced,
      onNews,
      onFailure: (reason) => report({ kind: 'failed', reason }),
    });
  }
}

process.once('message', start);
process.on('disconnect', () => process.exit());
setInterval(() => {
  if (acks.length > 0) report({ kind: 'acks', acks });
  acks = [];
}, REPORT_MS);
report({ kind: 'loaded' });
