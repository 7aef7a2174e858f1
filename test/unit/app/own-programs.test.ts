// What the programs of a local mesh are started with.
import { sidecarProgram } from '../../../src/app/own-programs.ts';
import { RUNTIME_ENVIRONMENT } from '../../../src/config/runtime-environment.ts';
import type { PodSpec } from '../../../src/kube/pod.ts';

describe('the sidecar of a pod', () => {
  const spec: PodSpec = {
    ...{ containers: [], initContainers: [], volumes: [], serviceAccountName: 'default' },
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
  };
  const identity = { name: 'client-1', namespace: 'default', uid: 'u', ip: '127.1.0.1' };
  const pod = { ...identity, labels: {}, annotations: {}, spec, injected: true };
  const placement = { pod, adminAddress: '127.1.0.1:15000', outboundAddresses: ['127.1.0.1:15001'] };

  it('is told what was said to `up` for it, and nothing else of what that was told', () => {
    const env = {
      SWITCHBOARD_XDS_SCOPE: 'all',
      SWITCHBOARD_CONCURRENCY: '2',
      SWITCHBOARD_DRAIN_TIMEOUT: '1s',
      SECRET: 'x',
    };
    const options = { program: ['node', 'main'], env, xdsAddress: '127.0.0.1:15010' };
    const program = sidecarProgram(placement, options);
    expect(program.command).toEqual(['node', 'main', 'proxy']);
    expect(program.env).toMatchObject({ SWITCHBOARD_XDS_SCOPE: 'all', SWITCHBOARD_CONCURRENCY: '2' });
    expect(Object.keys(program.env)).not.toEqual(expect.arrayContaining(['SWITCHBOARD_DRAIN_TIMEOUT']));
    expect(program.env).toMatchObject(RUNTIME_ENVIRONMENT);
    expect(program.env).not.toHaveProperty('SECRET');
    expect(sidecarProgram(placement, { ...options, env: {} }).env).not.toHaveProperty('SWITCHBOARD_CONCURRENCY');
  });
});
