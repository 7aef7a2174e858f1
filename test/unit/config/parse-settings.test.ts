// Promises of reading settings from the environment.
import { type Issue, renderIssue } from '../../../src/base/result.ts';
import { ENV_NAMES, PROXY_SETTINGS, SETTING_FAMILIES } from '../../../src/config/index.ts';
import { type Environment, parseSettings } from '../../../src/config/parse-settings.ts';

function issuesOf(env: Environment): readonly Issue[] {
  const result = parseSettings(PROXY_SETTINGS, env);
  return result.ok ? [] : result.issues;
}

function lines(env: Environment): string[] {
  return issuesOf(env).map(renderIssue);
}

describe('parseSettings', () => {
  it('gives every default where nothing is set, in the units that the names carry', () => {
    expect(parseSettings(PROXY_SETTINGS, {})).toEqual({
      ok: true,
      value: {
        xdsAddress: { host: '127.0.0.1', port: 15_010 },
        xdsProtocol: 'delta',
        xdsScope: 'on-demand',
        interception: 'none',
        onDemandWaitMs: 5_000,
        onDemandIdleMs: 600_000,
        prefetchWaitMs: 5_000,
        onUnavailable: 'wait',
        xdsFetchTimeoutMs: 15_000,
        podName: 'sidecar',
        podNamespace: 'default',
        podIp: '127.0.0.1',
        zone: null,
        nodeName: null,
        clusterDomain: 'cluster.local',
        outboundAddresses: [{ host: '127.0.0.1', port: 15_001 }],
        adminAddress: { host: '127.0.0.1', port: 15_000 },
        upstreamSourceAddress: null,
        accessLog: { kind: 'stdout' },
        concurrency: 1,
        workerHangMs: 10_000,
        drainTimeoutMs: 25_000,
        maxRequestHeadBytes: 61_440,
        maxFields: 100,
        requestHeadTimeoutMs: 10_000,
        requestBodyTimeoutMs: 0,
        streamIdleTimeoutMs: 300_000,
        downstreamIdleTimeoutMs: 3_600_000,
        maxRequestsPerConnection: 0,
        maxStreamsPerConnection: 256,
        maxConnectionAgeMs: 0,
        maxListenerConnections: 0,
        connectionBufferBytes: 65_536,
        replayBufferBytes: 65_536,
        upstreamIdleTimeoutMs: 4_000,
        overloadLagMs: 500,
        overloadMemoryBytes: 0,
        logLevel: 'info',
        logFormat: 'text',
        parentFd: null,
      },
    });
  });

  it('reads what is set, white space around it aside', () => {
    const result = parseSettings(PROXY_SETTINGS, {
      SWITCHBOARD_XDS_ADDRESS: ' control-plane.switchboard-system:15010 ',
      SWITCHBOARD_OUTBOUND_ADDRESSES: '127.1.0.1:15001, 127.0.0.1:15001,[::1]:0',
      SWITCHBOARD_UPSTREAM_SOURCE_ADDRESS: '127.1.0.1',
      SWITCHBOARD_ACCESS_LOG: '/var/log/access.log',
      SWITCHBOARD_REPLAY_BUFFER_BYTES: '1MiB',
      SWITCHBOARD_REQUEST_HEAD_TIMEOUT: '250ms',
      SWITCHBOARD_PARENT_FD: '3',
      PATH: '/bin',
    });
    expect(result).toMatchObject({
      ok: true,
      value: {
        xdsAddress: { host: 'control-plane.switchboard-system', port: 15_010 },
        outboundAddresses: [
          { host: '127.1.0.1', port: 15_001 },
          { host: '127.0.0.1', port: 15_001 },
          { host: '::1', port: 0 },
        ],
        upstreamSourceAddress: '127.1.0.1',
        accessLog: { kind: 'file', path: '/var/log/access.log' },
        replayBufferBytes: 1_048_576,
        requestHeadTimeoutMs: 250,
        parentFd: 3,
      },
    });
  });

  it('counts a variable that is set but empty as not set', () => {
    expect(parseSettings(PROXY_SETTINGS, { SWITCHBOARD_POD_NAMESPACE: '' })).toMatchObject({
      ok: true,
      value: { podNamespace: 'default' },
    });
  });

  it('reports every problem at once, each with variable, value and remedy', () => {
    expect(
      lines({
        SWITCHBOARD_REQUEST_HEAD_TIMEOUT: '10',
        SWITCHBOARD_REPLAY_BUFFER_BYTES: '64KB',
        SWITCHBOARD_MAX_FIELDS: '3',
        SWITCHBOARD_LOG_LEVEL: 'verbose',
        SWITCHBOARD_OUTBOUND_ADDRESSES: 'localhost:15001,127.0.0.1',
        SWITCHBOARD_XDS_ADRESS: '127.0.0.1:15010',
      }),
    ).toEqual([
      'SWITCHBOARD_XDS_ADRESS: is not a setting; did you mean SWITCHBOARD_XDS_ADDRESS?',
      'SWITCHBOARD_OUTBOUND_ADDRESSES: "localhost:15001" does not begin with an IP address; write it as 127.0.0.1:15001 or [::1]:15001',
      'SWITCHBOARD_OUTBOUND_ADDRESSES: "127.0.0.1" is not HOST:PORT; write it as 127.0.0.1:15001 or [::1]:15001',
      'SWITCHBOARD_MAX_FIELDS: "3" is out of range; write a value from 8 to 10000',
      'SWITCHBOARD_REQUEST_HEAD_TIMEOUT: "10" is not a duration; write a whole number and a unit, such as 250ms, 10s, 5m or 1h',
      'SWITCHBOARD_REPLAY_BUFFER_BYTES: "64KB" is not a size; write a whole number and a unit, such as 512B, 64KiB, 1MiB or 2GiB',
      'SWITCHBOARD_LOG_LEVEL: "verbose" is not one of its values; write one of debug, info, warn, error, off',
    ]);
  });

  it('says how to find the settings where an unknown one is near to none', () => {
    expect(lines({ SWITCHBOARD_COLOUR: 'red' })).toEqual([
      'SWITCHBOARD_COLOUR: is not a setting; unset it; `switchboard proxy --help` lists all',
    ]);
  });

  it('lets the settings of our other programs stand in the same environment', () => {
    const rows = [PROXY_SETTINGS[0]];
    expect(parseSettings(rows, { SWITCHBOARD_ACCESS_LOG: 'off' }).ok).toBe(false);
    expect(parseSettings(rows, { SWITCHBOARD_ACCESS_LOG: 'off' }, ENV_NAMES).ok).toBe(true);
  });

  it('ignores the variables that Kubernetes makes for Services named switchboard and switchboard-control-plane', () => {
    expect(
      lines({
        SWITCHBOARD_SERVICE_HOST: '10.96.0.1',
        SWITCHBOARD_SERVICE_PORT: '80',
        SWITCHBOARD_SERVICE_PORT_XDS: '15010',
        SWITCHBOARD_PORT: 'tcp://10.96.0.1:80',
        SWITCHBOARD_PORT_15010_TCP: 'tcp://10.96.0.1:15010',
        SWITCHBOARD_PORT_15010_TCP_ADDR: '10.96.0.1',
        SWITCHBOARD_CONTROL_PLANE_SERVICE_HOST: '10.96.0.2',
        SWITCHBOARD_CONTROL_PLANE_PORT_53_UDP_PROTO: 'udp',
      }),
    ).toEqual([]);
    expect(lines({ SWITCHBOARD_PORT: '80' })).toHaveLength(1);
  });

  it('shows a long value cut and on one line', () => {
    const [line] = lines({ SWITCHBOARD_MAX_FIELDS: `1\n${'x'.repeat(500)}` });
    expect(line).toContain('"1\\nxxx');
    expect(line?.length).toBeLessThan(220);
  });
});

describe('the table of settings', () => {
  it('has each name and each variable once, and no variable that Kubernetes could make for a Service', () => {
    const rows = SETTING_FAMILIES.flatMap((family) => family.rows);
    expect(new Set(rows.map((row) => row.env)).size).toBe(rows.length);
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    for (const row of rows) {
      expect(row.env).toMatch(/^SWITCHBOARD_[A-Z0-9_]+$/);
      expect(row.env).not.toMatch(/_PORT$|_SERVICE_HOST$|_SERVICE_PORT/);
    }
  });

  it('carries the unit of durations and sizes in the name', () => {
    for (const row of SETTING_FAMILIES.flatMap((family) => family.rows)) {
      if (row.type.describe.startsWith('a duration')) expect(row.name).toMatch(/Ms$/);
      if (row.type.describe.startsWith('a size')) expect(row.name).toMatch(/Bytes$/);
    }
  });
});
