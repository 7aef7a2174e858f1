// The one-way rule as data: what each room may import. Checked for every file by test/architecture.test.ts.

export interface Room {
  /** Folder or file below src/. The longest match owns a file. */
  readonly path: string;
  /** Rooms (by path) that it may import, type-only imports included; itself is understood. */
  readonly imports: readonly string[];
  /** npm packages that it may import; a trailing `*` stands for a scope's rest. Node's own modules are listed in `node`. */
  readonly packages: readonly string[];
}

export const ROOMS: readonly Room[] = [
  { path: 'base', imports: [], packages: [] },
  { path: 'model', imports: ['base'], packages: [] },
  { path: 'config', imports: ['base', 'model'], packages: [] },
  { path: 'telemetry', imports: ['base', 'model'], packages: [] },
  { path: 'kube', imports: ['base'], packages: ['yaml'] },
  { path: 'proxy/endpoint', imports: ['base', 'model'], packages: [] },
  { path: 'proxy/lb', imports: ['base', 'model', 'proxy/endpoint'], packages: [] },
  { path: 'proxy/codec', imports: ['base', 'model'], packages: [] },
  {
    path: 'proxy/upstream',
    imports: ['base', 'model', 'telemetry', 'proxy/endpoint', 'proxy/lb', 'proxy/codec'],
    packages: [],
  },
  { path: 'proxy/route', imports: ['base', 'model', 'proxy/upstream'], packages: [] },
  {
    path: 'proxy/exchange',
    imports: [
      'base',
      'model',
      'telemetry',
      'proxy/endpoint',
      'proxy/lb',
      'proxy/codec',
      'proxy/upstream',
      'proxy/route',
    ],
    packages: [],
  },
  {
    path: 'proxy/listener',
    imports: ['base', 'model', 'telemetry', 'proxy/codec', 'proxy/upstream', 'proxy/route', 'proxy/exchange'],
    packages: [],
  },
  {
    path: 'proxy',
    imports: [
      'base',
      'model',
      'telemetry',
      'proxy/endpoint',
      'proxy/lb',
      'proxy/upstream',
      'proxy/route',
      'proxy/exchange',
      'proxy/listener',
    ],
    packages: [],
  },
  { path: 'xds/gen', imports: [], packages: ['@bufbuild/protobuf'] },
  { path: 'xds', imports: ['base', 'model', 'xds/gen'], packages: ['@bufbuild/protobuf', '@grpc/grpc-js'] },
  { path: 'control', imports: ['base', 'model', 'kube'], packages: [] },
  { path: 'local', imports: ['base', 'model', 'kube'], packages: ['yaml'] },
  { path: 'admin', imports: ['base', 'model'], packages: [] },
  {
    path: 'app',
    imports: [
      'base',
      'model',
      'config',
      'telemetry',
      'kube',
      'proxy',
      'proxy/listener',
      'xds',
      'control',
      'local',
      'admin',
    ],
    packages: [],
  },
  { path: 'cli', imports: ['base', 'model', 'config', 'app'], packages: ['commander'] },
  { path: 'main.ts', imports: ['base', 'cli'], packages: [] },
];

/** Globals and functions that only these places may touch: elsewhere time, chance and the process are parameters. */
export const AMBIENT: readonly { readonly names: readonly string[]; readonly allowedIn: readonly string[] }[] = [
  {
    names: ['Date.now', 'performance.now', 'setTimeout', 'setInterval'],
    allowedIn: ['base/clock.ts', 'main.ts', 'cli', 'app'],
  },
  { names: ['Math.random'], allowedIn: ['base/random.ts', 'main.ts', 'cli', 'app'] },
  { names: ['process'], allowedIn: ['main.ts', 'cli', 'app'] },
];
