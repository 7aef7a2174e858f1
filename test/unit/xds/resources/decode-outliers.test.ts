// Outlier detection beyond the public API, as any xDS server or file may write it into the metadata of a cluster.
import { create, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { renderIssue } from '../../../../src/base/result.ts';
import { DEFAULT_OUTLIER_DETECTION } from '../../../../src/model/outlier-detection-spec.ts';
import { ClusterSchema } from '../../../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';

/** What it comes to, or what is wrong. */
function decode(own: unknown, rest: JsonObject = { outlier_detection: {} }): unknown {
  const metadata = { filter_metadata: { 'switchboard.dev': { outlier_detection: own } } } as JsonObject;
  const message = fromJson(ClusterSchema, { name: 'c', metadata, ...rest });
  const { result, ignored } = CLUSTER_TYPE.decode(toBinary(ClusterSchema, create(ClusterSchema, message)));
  if (!result.ok) return result.issues.map(renderIssue);
  return ignored.length === 0 ? result.value.outlierDetection : ignored;
}

const AT = `cluster "c": metadata.filter_metadata['switchboard.dev'].outlier_detection`;

describe('outlier_detection in the metadata of a cluster', () => {
  it('says what the field of that name cannot', () => {
    expect(
      decode({
        min_healthy_hosts: 2,
        shadow: true,
        return_window: '15s',
        worse_than_peers: { gap_percent: 40, enforcing: 10 },
        slower_than_peers: { factor: 4.5, enforcing: 100 },
        callers: { header: 'x-user-id' },
      }),
    ).toEqual({
      ...DEFAULT_OUTLIER_DETECTION,
      minHealthyHosts: 2,
      shadow: true,
      returnWindowMs: 15_000,
      worseThanPeers: { gapPercent: 40 },
      slowerThanPeers: { factor: 4.5, excessMs: 20, minimumHosts: 3, requestVolume: 30 },
      callers: { header: 'x-user-id', minimum: 2 },
      enforcing: { ...DEFAULT_OUTLIER_DETECTION.enforcing, 'worse-than-peers': 10, 'slower-than-peers': 100 },
    });
  });

  it('changes nothing where it is empty, and where the cluster detects nobody', () => {
    expect(decode({})).toEqual(DEFAULT_OUTLIER_DETECTION);
    expect(decode({ shadow: true }, {})).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['a gap of 0', { worse_than_peers: {} }, `${AT}.worse_than_peers.gap_percent: is 0; give 1 to 100`],
    [
      'a factor of 1',
      { slower_than_peers: { factor: 1 } },
      `${AT}.slower_than_peers.factor: is 1; give more than 1, at most 1000`,
    ],
    ['no healthy hosts at all', { min_healthy_hosts: 0 }, `${AT}.min_healthy_hosts: is 0; give 1 to 100000`],
    [
      'odds above 100',
      { worse_than_peers: { gap_percent: 9, enforcing: 101 } },
      `${AT}.worse_than_peers.enforcing: is 101; give 0 to 100`,
    ],
    ['65 callers', { callers: { header: 'x', minimum: 65 } }, `${AT}.callers.minimum: is 65; give 1 to 64`],
    [
      'callers by no header',
      { callers: { header: 'X User' } },
      `${AT}.callers.header: is "X User"; name a header, in lower case`,
    ],
    [
      'a length of less than nothing',
      { return_window: '-1s' },
      `${AT}.return_window: is -1000 ms; use a duration from 0 to 10 years`,
    ],
  ])('refuses %s', (_, own, told) => {
    expect(decode(own)).toEqual([told]);
  });

  it('passes over what it does not know, and says so', () => {
    expect(decode({ shadow: true, shades: 3, callers: { header: 'x', cookie: 'y' } })).toEqual([
      `${AT.slice(13)}.shades`,
      `${AT.slice(13)}.callers.cookie`,
    ]);
  });

  it.each<[string, unknown]>([
    ['text for a number', { min_healthy_hosts: 'two' }],
    ['what is no Struct', 'shadow'],
  ])('refuses %s, and says what it should look like', (_, own) => {
    expect(decode(own)).toEqual([
      expect.stringMatching(/outlier_detection: .*; write it as switchboard.balancing.v1.OutlierExtras has it$/),
    ]);
  });
});
