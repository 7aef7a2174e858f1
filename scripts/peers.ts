// Installs the real parts that peer tests and benches run against into .peers/, pinned; `--list` shows what is here.
import { parseArgs } from 'node:util';
import { type Finding, inspect } from './peers/inspect.ts';
import { INSTALLERS } from './peers/installers.ts';
import { PEERS, type Peer } from './peers/table.ts';

const USAGE = `Usage: npm run peers [-- [--list] [NAME…]]
  Installs the named peers, or all of them; what is already here in the right version is kept.
  --list    shows what is here, with versions; exit 1 when something is missing
  Names: ${PEERS.map((peer) => peer.name).join(', ')}`;

/** Resolves with the exit code: 0 all are present, 1 some are not, 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { list: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const unknown = positionals.filter((name) => !PEERS.some((peer) => peer.name === name));
  if (unknown.length > 0) throw new Error(`unknown peer: ${unknown.join(', ')}`);
  const chosen = PEERS.filter((peer) => positionals.length === 0 || positionals.includes(peer.name));
  return values.list === true ? list(chosen) : install(chosen);
}

function list(peers: readonly Peer[]): number {
  const findings = peers.map((peer) => ({ peer, finding: inspect(peer) }));
  for (const { peer, finding } of findings) {
    console.log(`${peer.name.padEnd(15)}${peer.version.padEnd(10)}${describe(finding).padEnd(60)} ${peer.purpose}`);
  }
  return findings.every(({ finding }) => finding.state === 'present') ? 0 : 1;
}

function describe(finding: Finding): string {
  return finding.state === 'missing' ? 'missing' : `${finding.state}: ${finding.version} at ${finding.path}`;
}

async function install(peers: readonly Peer[]): Promise<number> {
  const wanted = peers.filter((peer) => inspect(peer).state !== 'present');
  const failures: string[] = [];
  for (const [from, group] of Map.groupBy(wanted, (peer) => peer.from)) {
    const names = group.map((peer) => peer.name).join(', ');
    console.log(`installing ${names} (${group.map((peer) => peer.takes).join(' + ')} the first time) …`);
    await INSTALLERS[from](group).catch((error: Error) => failures.push(`${names}: ${error.message}`));
  }
  for (const failure of failures) console.error(`peers: ${failure}`);
  const shadowed = peers.map((peer) => ({ peer, finding: inspect(peer) })).filter(isShadowed);
  for (const { peer, finding } of shadowed) {
    console.error(
      `peers: ${peer.name} must be ${peer.version}, but ${describe(finding)} comes first on PATH; upgrade or remove it, or put .peers/bin before it`,
    );
  }
  return Math.max(list(peers), failures.length > 0 ? 1 : 0);
}

function isShadowed({ finding }: { readonly finding: Finding }): boolean {
  return finding.state === 'wrong version';
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`peers: ${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  process.exitCode = 2;
}
