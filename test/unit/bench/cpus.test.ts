// Which CPUs the proxy and the load get.
import { parseCpuList, planCpus } from '../../../bench/bed/cpus.ts';

describe('planCpus', () => {
  it('gives the proxy the last allowed CPU and the load all others', () => {
    const status = 'Name:\tnode\nCpus_allowed:\t2f\nCpus_allowed_list:\t0-3,5\nMems_allowed_list:\t0\n';
    expect(planCpus(status)).toEqual({ proxy: '5', load: '0,1,2,3' });
  });

  it('puts both on the only CPU', () => {
    expect(planCpus('Cpus_allowed_list:\t3\n')).toEqual({ proxy: '3', load: '3' });
  });
});

describe('parseCpuList', () => {
  it('reads single CPUs and ranges', () => {
    expect(parseCpuList('0-2,5')).toEqual([0, 1, 2, 5]);
  });
});
