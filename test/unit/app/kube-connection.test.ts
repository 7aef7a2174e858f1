// Programs that a kubeconfig names to say who asks, run for real.
import { pluginRunner } from '../../../src/app/kube-connection.ts';
import type { ExecPlugin } from '../../../src/kube-api/kube-access.ts';

function plugin(script: string, command = process.execPath): ExecPlugin {
  return { apiVersion: 'client.authentication.k8s.io/v1', command, args: ['-e', script], env: { OWN: 'own' } };
}

describe('a plugin of a kubeconfig', () => {
  const run = pluginRunner({ PATH: process.env['PATH'], OUTER: 'outer', OWN: 'outer' });

  it('has our environment, its own beside it, and what it is asked', async () => {
    const script = 'const { OUTER, OWN, INFO } = process.env; console.log(OUTER, OWN, INFO)';
    expect(await run(plugin(script), { INFO: 'info' })).toBe('outer own info\n');
  });

  it('that fails is told with what it complained of, and never with what it printed', async () => {
    const failed = run(plugin('console.log("secret"); console.error("no login"); process.exit(3)'), {});
    await expect(failed).rejects.toThrow(`the plugin "${process.execPath}" of the kubeconfig failed: no login`);
    await expect(failed).rejects.not.toThrow('secret');
  });

  it('that is not there is told by its name', async () => {
    await expect(run(plugin('', 'no-such-plugin'), {})).rejects.toThrow(
      'the plugin "no-such-plugin" of the kubeconfig is not a program on PATH',
    );
  });
});
