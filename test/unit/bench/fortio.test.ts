// What is asked of fortio, and read out of its report.
import { LATENCY } from '../../../bench/latency.ts';
import { fortioArguments, parseFortio } from '../../../bench/measure/fortio.ts';

const REPORT = {
  ActualQPS: 1998.5,
  DurationHistogram: {
    Count: 8000,
    Percentiles: [
      { Percentile: 50, Value: 0.0005 },
      { Percentile: 99, Value: 0.0012 },
      { Percentile: 99.9, Value: 0.004 },
    ],
  },
  RetCodes: { '-1': 2, '200': 7990, '503': 8 },
};

describe('parseFortio', () => {
  it('reads rate, percentiles in microseconds, and counts whatever is not 200 as an error', () => {
    expect(parseFortio(JSON.stringify(REPORT))).toEqual({
      requests: 8000,
      requestsPerSecond: 1998.5,
      bytesPerSecond: Number.NaN,
      p50Us: 500,
      p99Us: 1200,
      p999Us: 4000,
      errors: 10,
    });
  });

  it.each(['', 'Fortio 1.66.5 aborting', '{}'])('says what fortio printed instead of a report: %p', (output) => {
    expect(() => parseFortio(output)).toThrow(`fortio printed no measurement: ${output}`);
  });
});

describe('fortioArguments', () => {
  it('ask for 2,000 requests per second over 64 connections, spread evenly', () => {
    const [workload] = LATENCY.workloads;
    const spec = { program: 'fortio', cpus: '0', port: 8080, authority: 'web', workload, seconds: 4 };
    const text = fortioArguments(spec).join(' ');
    expect(text).toMatch(/^load -qps 2000 -c 64 -uniform -t 4s /);
    expect(text).toMatch(/ -p 50,99,99\.9 -H Host: web http:\/\/127\.0\.0\.1:8080\/data$/);
  });
});

describe('the scenario of latency', () => {
  it('calls without a proxy in every set, or nothing could be said to be added', () => {
    const direct = LATENCY.contenders.find(({ name }) => name === 'direct');
    expect(direct?.sets).toEqual(LATENCY.sets);
  });
});
