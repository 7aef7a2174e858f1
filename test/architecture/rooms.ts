// The one-way rule as data: what each room may import. Checked for every file by test/architecture.test.ts.

export interface Room {
  /** Folder or file below src/. The longest match owns a file. */
  readonly path: string;
  /** Rooms (by path) that it may import, type-only imports included; itself is understood. */
  readonly imports: readonly string[];
  /** npm packages that it may import, any path inside them included. Node's own modules are free but for NODE_MODULES. */
  readonly packages: readonly string[];
}

export const ROOMS: readonly Room[] = [
  { path: 'base', imports: [], packages: [] },
  { path: 'model', imports: ['base'], packages: [] },
  { path: 'config', imports: ['base', 'model'], packages: [] },
  { path: 'telemetry', imports: [], packages: [] },
  { path: 'kube', imports: ['base'], packages: ['yaml', 'typebox', '@marcbachmann/cel-js'] },
  { path: 'kube-api', imports: ['base', 'kube'], packages: ['undici'] },
  { path: 'regex', imports: ['base'], packages: ['re2js'] },
  { path: 'proxy/endpoint', imports: ['model'], packages: [] },
  { path: 'proxy/lb', imports: ['base', 'model', 'proxy/endpoint'], packages: [] },
  { path: 'proxy/balance', imports: ['base', 'model', 'proxy/endpoint', 'proxy/lb'], packages: [] },
  { path: 'proxy/outlier', imports: ['base', 'model', 'telemetry', 'proxy/endpoint'], packages: [] },
  {
    path: 'proxy/health',
    imports: ['base', 'model', 'telemetry', 'proxy/endpoint', 'proxy/codec'],
    packages: ['undici', '@grpc/grpc-js'],
  },
  { path: 'proxy/codec', imports: ['base', 'model', 'telemetry'], packages: [] },
  {
    path: 'proxy/mirror',
    imports: ['base', 'telemetry', 'proxy/endpoint', 'proxy/lb', 'proxy/codec'],
    packages: ['undici'],
  },
  { path: 'proxy/session', imports: ['base', 'model', 'proxy/codec'], packages: [] },
  { path: 'proxy/tls', imports: ['base', 'model', 'telemetry'], packages: [] },
  {
    path: 'proxy/upstream',
    imports: [
      'base',
      'model',
      'telemetry',
      'proxy/endpoint',
      'proxy/lb',
      'proxy/balance',
      'proxy/outlier',
      'proxy/health',
      'proxy/mirror',
      'proxy/codec',
      'proxy/session',
      'proxy/tls',
    ],
    packages: [],
  },
  {
    path: 'proxy/tcp',
    imports: ['base', 'model', 'telemetry', 'proxy/endpoint', 'proxy/lb', 'proxy/codec', 'proxy/upstream'],
    packages: [],
  },
  {
    path: 'proxy/route',
    imports: ['base', 'model', 'regex', 'proxy/codec', 'proxy/session', 'proxy/upstream'],
    packages: [],
  },
  {
    path: 'proxy/filter',
    imports: ['base', 'model', 'telemetry', 'proxy/codec', 'proxy/session', 'proxy/route'],
    packages: [],
  },
  {
    path: 'proxy/exchange',
    imports: [
      'base',
      'model',
      'telemetry',
      'proxy/endpoint',
      'proxy/lb',
      'proxy/mirror',
      'proxy/codec',
      'proxy/session',
      'proxy/upstream',
      'proxy/tcp',
      'proxy/route',
      'proxy/filter',
    ],
    packages: [],
  },
  {
    path: 'proxy/listener',
    imports: [
      'base',
      'model',
      'telemetry',
      'proxy/codec',
      'proxy/tls',
      'proxy/upstream',
      'proxy/tcp',
      'proxy/filter',
      'proxy/exchange',
    ],
    packages: [],
  },
  {
    path: 'proxy',
    imports: [
      'base',
      'model',
      'telemetry',
      'proxy/tls',
      'proxy/lb',
      'proxy/upstream',
      'proxy/route',
      'proxy/filter',
      'proxy/exchange',
      'proxy/listener',
    ],
    packages: [],
  },
  { path: 'xds/gen', imports: [], packages: ['@bufbuild/protobuf'] },
  { path: 'xds', imports: ['base', 'model', 'regex', 'xds/gen'], packages: ['@bufbuild/protobuf', '@grpc/grpc-js'] },
  {
    path: 'xds/bootstrap',
    imports: ['base', 'model', 'xds', 'xds/gen'],
    packages: ['@bufbuild/protobuf', 'yaml'],
  },
  { path: 'control', imports: ['base', 'model', 'kube', 'kube-api', 'regex'], packages: [] },
  {
    path: 'simulate',
    imports: [
      'base',
      'model',
      'config',
      'kube',
      'proxy/codec',
      'proxy/exchange',
      'proxy/health',
      'proxy/lb',
      'proxy/upstream',
      'proxy/outlier',
      'control',
    ],
    packages: [],
  },
  { path: 'local', imports: ['base', 'kube'], packages: ['yaml'] },
  { path: 'admin', imports: ['base', 'model'], packages: [] },
  { path: 'workers', imports: ['base', 'model', 'config', 'telemetry', 'admin'], packages: [] },
  {
    path: 'app',
    imports: [
      'base',
      'model',
      'config',
      'telemetry',
      'kube',
      'kube-api',
      'proxy',
      'proxy/balance',
      'proxy/exchange',
      'proxy/health',
      'proxy/lb',
      'proxy/outlier',
      'proxy/upstream',
      'proxy/listener',
      'xds',
      'xds/bootstrap',
      'control',
      'local',
      'admin',
      'workers',
      'simulate',
    ],
    packages: ['koffi'],
  },
  { path: 'cli', imports: ['base', 'model', 'config', 'simulate', 'app'], packages: ['commander'] },
  { path: 'main.ts', imports: ['base', 'cli'], packages: [] },
];

/** Files of src that are not TypeScript, each with a reason to be CommonJS in its first line. No rule looks into them. */
export const COMMONJS: readonly string[] = ['src/kube/schema/load-cel.cjs', 'src/regex/load-re2.cjs'];

export interface AmbientRow {
  /** `name`, `object.member`, or `new Name()`: without arguments. */
  readonly names: readonly string[];
  /** Files and folders below src/. */
  readonly allowedIn: readonly string[];
  /** What to do instead. */
  readonly why: string;
}

/** Globals that only these places may touch: elsewhere time, chance and the process are parameters. */
export const AMBIENT: readonly AmbientRow[] = [
  {
    names: ['Date.now', 'new Date()', 'performance.now', 'setTimeout', 'setInterval'],
    allowedIn: ['base/clock.ts', 'main.ts', 'cli', 'app'],
    why: 'take a Clock (base/clock.ts), so that a test can hold time still',
  },
  {
    names: ['Math.random', 'crypto.randomUUID', 'crypto.getRandomValues'],
    allowedIn: ['base/random.ts', 'main.ts', 'cli', 'app'],
    why: 'take a Random (base/random.ts), so that a test can repeat it',
  },
  { names: ['process'], allowedIn: ['main.ts', 'cli', 'app'], why: 'take what you need of it as a parameter' },
  { names: ['console'], allowedIn: ['main.ts', 'cli', 'app'], why: 'take a Log (base/log.ts)' },
  { names: ['globalThis', 'global', 'require', 'eval'], allowedIn: [], why: 'import what you need by name' },
];

export interface NodeModuleRow {
  readonly modules: readonly string[];
  /** Only these exports are not free; absent = none is. */
  readonly names?: readonly string[];
  /** Files and folders below src/. */
  readonly allowedIn: readonly string[];
  readonly why: string;
}

/** Node's own modules that are not free for all. */
export const NODE_MODULES: readonly NodeModuleRow[] = [
  {
    modules: ['node:child_process', 'node:cluster', 'node:worker_threads'],
    allowedIn: ['app'],
    why: 'processes are made in one place; elsewhere they are an interface',
  },
  { modules: ['node:process'], allowedIn: ['main.ts', 'cli', 'app'], why: 'take what you need of it as a parameter' },
  {
    modules: ['node:timers', 'node:timers/promises'],
    allowedIn: ['base/clock.ts'],
    why: 'take a Clock (base/clock.ts)',
  },
  {
    modules: ['node:crypto'],
    names: ['randomUUID', 'randomBytes', 'randomInt', 'randomFill', 'webcrypto', 'getRandomValues'],
    allowedIn: ['base/random.ts', 'app'],
    why: 'take a Random (base/random.ts), or what makes secrets, as a parameter',
  },
  {
    modules: ['node:perf_hooks'],
    allowedIn: ['base/clock.ts', 'app'],
    why: 'take a Clock (base/clock.ts)',
  },
  {
    modules: ['node:http', 'node:https'],
    allowedIn: ['admin', 'local', 'app', 'cli'],
    why: 'the data plane speaks HTTP with its own codecs',
  },
  { modules: ['node:http2'], allowedIn: [], why: 'the data plane speaks HTTP with its own codecs' },
  {
    modules: ['node:module', 'node:vm', 'node:inspector', 'node:test'],
    allowedIn: ['main.ts', 'app'],
    why: 'code is loaded by import',
  },
];
