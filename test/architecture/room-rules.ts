// The one-way rule: which room a file belongs to, what it may import, and whether the table of rooms itself is sound.
import { type Import, importsOf, isRelative, packageOf, resolveRelative } from './imports.ts';
import { COMMONJS, type NodeModuleRow, type Room } from './rooms.ts';
import type { SourceFile, Violation } from './source-file.ts';

/** The room that owns a path below src/ (longest match), or null. */
export function roomOf(rooms: readonly Room[], path: string): Room | null {
  const inside = path.slice('src/'.length);
  const owners = rooms.filter((room) => isWithin(inside, room.path));
  return owners.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}

/** `path` is `place` itself or below it. */
export function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

/** Every import of `files` that the tables do not allow. */
export function checkImports(
  files: readonly SourceFile[],
  rooms: readonly Room[],
  nodeModules: readonly NodeModuleRow[],
): Violation[] {
  const known = new Set([...files.map((file) => file.path), ...COMMONJS]);
  return files.flatMap((file) => {
    const room = roomOf(rooms, file.path);
    if (room === null)
      return [
        { path: file.path, line: 1, message: 'belongs to no room: add its folder to test/architecture/rooms.ts' },
      ];
    return importsOf(file).flatMap((one) => {
      const message = refusal(file, room, one, { rooms, nodeModules, known });
      return message === null ? [] : [{ path: file.path, line: one.line, message }];
    });
  });
}

interface House {
  readonly rooms: readonly Room[];
  readonly nodeModules: readonly NodeModuleRow[];
  /** Paths of all files of src. */
  readonly known: ReadonlySet<string>;
}

/** Why `one` may not stand in `file`, or null. */
function refusal(file: SourceFile, room: Room, one: Import, house: House): string | null {
  const { specifier } = one;
  if (specifier === null) return 'a computed import() cannot be checked: write the path as plain text';
  if (specifier.startsWith('node:')) return refuseNodeModule(file, one, house.nodeModules);
  if (!isRelative(specifier)) {
    if (room.packages.includes(packageOf(specifier))) return null;
    return `room "${room.path}" may not import the package "${packageOf(specifier)}"`;
  }
  const target = resolveRelative(file, specifier);
  if (!target.startsWith('src/')) return `"${specifier}" leaves src/`;
  if (!house.known.has(target)) return `"${specifier}" names no file of src/`;
  const other = roomOf(house.rooms, target);
  if (other === null || other === room || room.imports.includes(other.path)) return null;
  return `room "${room.path}" may not import room "${other.path}" ("${specifier}")`;
}

function refuseNodeModule(file: SourceFile, one: Import, rows: readonly NodeModuleRow[]): string | null {
  const row = rows.find(({ modules }) => modules.includes(one.specifier ?? ''));
  if (row === undefined || row.allowedIn.some((place) => isWithin(file.path, `src/${place}`))) return null;
  const taken = one.names?.filter((name) => row.names?.includes(name));
  if (row.names !== undefined && taken?.length === 0) return null;
  const what = taken === undefined || row.names === undefined ? '' : `${taken.join(', ')} of `;
  const places = row.allowedIn.length === 0 ? 'nowhere' : `only in ${row.allowedIn.join(', ')}`;
  return `${what}"${one.specifier}" is allowed ${places}: ${row.why}`;
}

/** What is wrong with the table itself: unknown rooms, cycles, folders that are not there, permissions that no file uses. */
export function checkTable(rooms: readonly Room[], files: readonly SourceFile[]): string[] {
  return [
    ...rooms.flatMap((room) => unknownRooms(room, rooms)),
    ...cycle(new Map(rooms.map((room) => [room.path, room.imports]))).map((path) => `a cycle of rooms: ${path}`),
    ...rooms.flatMap((room) => unusedPermissions(room, rooms, files)),
  ];
}

function unknownRooms(room: Room, rooms: readonly Room[]): string[] {
  const names = rooms.map(({ path }) => path);
  const twice = names.indexOf(room.path) !== names.lastIndexOf(room.path) ? [`"${room.path}" stands there twice`] : [];
  return [
    ...twice,
    ...room.imports.filter((name) => !names.includes(name)).map((name) => `"${room.path}" names no room: "${name}"`),
  ];
}

function unusedPermissions(room: Room, rooms: readonly Room[], files: readonly SourceFile[]): string[] {
  const own = files.filter((file) => roomOf(rooms, file.path) === room);
  if (own.length === 0) return [`"${room.path}" has no file: its row comes with its first code`];
  const targets = new Set<string>();
  const packages = new Set<string>();
  for (const file of own) {
    for (const { specifier } of importsOf(file)) {
      if (specifier === null) continue;
      if (isRelative(specifier)) targets.add(roomOf(rooms, resolveRelative(file, specifier))?.path ?? '');
      else packages.add(packageOf(specifier));
    }
  }
  return [
    ...room.imports.filter((name) => !targets.has(name)).map((name) => `"${room.path}" never imports room "${name}"`),
    ...room.packages.filter((name) => !packages.has(name)).map((name) => `"${room.path}" never imports "${name}"`),
  ];
}

/** The first cycle of a graph as `a → b → a`, as a list of none or one. */
export function cycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const finished = new Set<string>();
  const visit = (name: string, path: readonly string[]): string | null => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name].join(' → ');
    if (finished.has(name)) return null;
    for (const next of graph.get(name) ?? []) {
      const found = visit(next, [...path, name]);
      if (found !== null) return found;
    }
    finished.add(name);
    return null;
  };
  for (const name of graph.keys()) {
    const found = visit(name, []);
    if (found !== null) return [found];
  }
  return [];
}

/** Files that import each other at run time, as one cycle; type-only imports don't count. */
export function fileCycle(files: readonly SourceFile[]): string[] {
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const targets = importsOf(file).filter((one) => !one.typeOnly && one.specifier !== null);
    graph.set(
      file.path,
      targets.flatMap(({ specifier }) =>
        specifier !== null && isRelative(specifier) ? [resolveRelative(file, specifier)] : [],
      ),
    );
  }
  return cycle(graph);
}
