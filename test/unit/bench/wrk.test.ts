// What is read out of wrk's output.
import { parseWrk, wrkArguments } from '../../../bench/measure/wrk.ts';
import { HTTP1_TLS } from '../../../bench/tls.ts';
import { WORKLOADS } from '../../../bench/workloads.ts';

const MEASUREMENT =
  '{"duration_us":4000000,"requests":80000,"bytes":20000000,"p50_us":900,"p99_us":4100,"p999_us":7000,"max_us":9000,"connect":1,"read":2,"write":3,"timeout":4,"status":5}';

describe('parseWrk', () => {
  it('finds the measurement among the lines that wrk prints for people', () => {
    const output = `Running 4s test @ http://127.0.0.1:1/data\n  1 threads and 64 connections\n${MEASUREMENT}\n`;
    expect(parseWrk(output)).toEqual({
      requests: 80_000,
      requestsPerSecond: 20_000,
      bytesPerSecond: 5_000_000,
      p50Us: 900,
      p99Us: 4100,
      p999Us: 7000,
      errors: 15,
    });
  });

  it('says what wrk printed instead of a measurement', () => {
    expect(() => parseWrk('unable to connect to 127.0.0.1:1\n')).toThrow(
      'wrk printed no measurement: unable to connect to 127.0.0.1:1',
    );
  });

  it('names a field that is missing', () => {
    expect(() => parseWrk(MEASUREMENT.replace('"p99_us":4100,', ''))).toThrow("wrk's measurement lacks p99_us");
  });
});

describe('wrkArguments', () => {
  const argumentsOf = (name: string): string => {
    const workload = WORKLOADS.find((candidate) => candidate.name === name);
    if (workload === undefined) throw new Error(`no workload ${name}`);
    const load = { program: 'wrk', cpus: '0', port: 8080, authority: 'web', workload, seconds: 4 };
    return wrkArguments(load)
      .filter((argument) => !argument.endsWith('wrk.lua'))
      .join(' ');
  };

  it('ask for what the workload is', () => {
    expect(argumentsOf('small')).toBe('-t 1 -c 64 -d 4s -s -H Host: web http://127.0.0.1:8080/data -- GET 0');
    expect(argumentsOf('1k-512')).toBe('-t 1 -c 512 -d 4s -s -H Host: web http://127.0.0.1:8080/1k -- GET 0');
    expect(argumentsOf('post')).toBe('-t 1 -c 64 -d 4s -s -H Host: web http://127.0.0.1:8080/data -- POST 16384');
  });

  it('ask over TLS where the workload does', () => {
    const load = { program: 'wrk', cpus: '0', port: 8080, workload: HTTP1_TLS.workloads[0], seconds: 4 };
    expect(wrkArguments(load)).toContain('https://127.0.0.1:8080/data');
  });

  it('close each connection where each request shall have its own', () => {
    expect(argumentsOf('fresh')).toContain('-H Connection: close');
  });
});
