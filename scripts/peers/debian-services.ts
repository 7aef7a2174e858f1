// Keeps the daemons that Debian packages would start (nginx on port 80) from running and from being enabled.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { run } from './run.ts';

/** Debian's maintainer scripts ask this program before they start a service; 101 means "not allowed". */
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const MARK = '# Written by "npm run peers" for the length of one installation.';
const DENY_ALL = `#!/bin/sh\n${MARK}\nexit 101\n`;

/**
 * Runs `install` while Debian may start no service, then stops and disables `services`. A policy of the machine's own
 * stays as it is; a leftover of a killed run is recognised by its mark and removed.
 */
export async function withServicesOff(
  services: readonly string[],
  install: () => Promise<void>,
  policyFile: string = POLICY_FILE,
): Promise<void> {
  const ours = !existsSync(policyFile) || readFileSync(policyFile, 'utf8').includes(MARK);
  if (ours) writeFileSync(policyFile, DENY_ALL, { mode: 0o755 });
  // Ctrl-C ends apt-get, which is in the same group; we must live long enough to take the policy away again.
  const outlive = (): void => {};
  process.on('SIGINT', outlive);
  try {
    await install();
    for (const service of services) await stop(service);
  } finally {
    process.off('SIGINT', outlive);
    if (ours) rmSync(policyFile, { force: true });
  }
}

async function stop(service: string): Promise<void> {
  if (existsSync('/run/systemd/system')) await run('systemctl', ['disable', '--now', service]);
  else await run('service', [service, 'stop']).catch(() => {}); // it never ran: some init scripts call that a failure
}
