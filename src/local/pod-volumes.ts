// The volumes of a pod as folders, and what a path inside the container is on this machine.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { messageOf } from '../base/coded-error.ts';
import { errorIssue, fail, type Issue, ok, type Result } from '../base/result.ts';
import type { ConfigMap } from '../kube/config-objects.ts';
import type { Container } from '../kube/container.ts';
import type { ConfigMapVolume, Volume } from '../kube/pod.ts';
import type { ConfigMaps } from './container-env.ts';
import type { PodFacts } from './pod-facts.ts';
import type { StateFolder } from './state-folder.ts';

/** Makes every volume's folder and brings the files of ConfigMaps up to date; whoever has a file open sees the new one when it opens it again. */
export function writeVolumes(pod: PodFacts, configMaps: ConfigMaps, state: StateFolder): readonly Issue[] {
  return pod.spec.volumes.flatMap((volume) => {
    try {
      return writeVolume(volume, state.volumeFolder(pod.namespace, pod.name, volume.name), configMaps, state);
    } catch (error) {
      const remedy = 'make room, or mend its permissions';
      return [errorIssue(`the volume "${volume.name}" can't be written: ${messageOf(error)}`, { remedy })];
    }
  });
}

function writeVolume(volume: Volume, folder: string, configMaps: ConfigMaps, state: StateFolder): readonly Issue[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (volume.configMap === undefined) return [];
  const files = configMapFiles(volume.configMap, configMaps);
  if (!files.ok) return files.issues;
  syncFolder(folder, files.value, state);
  return [];
}

/** Paths below the volume → content. */
function configMapFiles(volume: ConfigMapVolume, configMaps: ConfigMaps): Result<Map<string, Buffer>> {
  const configMap = configMaps.get(volume.name);
  if (configMap === undefined && volume.optional) return ok(new Map());
  if (configMap === undefined) {
    const remedy = 'add it to the folder, in the namespace of the pod';
    return fail([errorIssue(`a volume names the ConfigMap "${volume.name}", which is not there`, { remedy })]);
  }
  const all = contentsOf(configMap);
  const wanted = volume.items.length > 0 ? volume.items : [...all.keys()].map((key) => ({ key, path: key }));
  const files = new Map<string, Buffer>();
  const issues: Issue[] = [];
  for (const { key, path } of wanted) {
    const content = all.get(key);
    if (content !== undefined && staysInside(path)) files.set(path, content);
    else if (content !== undefined)
      issues.push(
        errorIssue(`ConfigMap ${volume.name} would be written to "${path}"`, {
          remedy: 'name a path below the volume',
        }),
      );
    else if (!volume.optional)
      issues.push(
        errorIssue(`a volume names the key "${key}" that ConfigMap ${volume.name} does not have`, {
          remedy: 'add the key',
        }),
      );
  }
  return issues.length > 0 ? fail(issues) : ok(files);
}

function contentsOf(configMap: ConfigMap): Map<string, Buffer> {
  const contents = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(configMap.data)) contents.set(key, Buffer.from(text, 'utf8'));
  for (const [key, text] of Object.entries(configMap.binaryData)) contents.set(key, Buffer.from(text, 'base64'));
  return contents;
}

function staysInside(path: string): boolean {
  return path !== '' && !posix.isAbsolute(path) && !path.includes('\0') && !path.split('/').includes('..');
}

function syncFolder(folder: string, files: ReadonlyMap<string, Buffer>, state: StateFolder): void {
  for (const [path, content] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (!existsSync(file) || !readFileSync(file).equals(content)) state.writeAtomic(file, content);
  }
  for (const file of filesBelow(folder)) if (!files.has(relative(folder, file))) rmSync(file, { force: true });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}

/** Maps paths of the container to paths of this machine. */
export type PathMap = (text: string) => string;

/** What begins with a mountPath is mapped (semantics.md, Local mesh); the longest one wins; everything else stays. */
export function mountedPaths(container: Container, pod: PodFacts, state: StateFolder): PathMap {
  const mounts = container.volumeMounts
    .map((mount) => ({
      path: mount.mountPath.replace(/\/$/, ''),
      folder: join(state.volumeFolder(pod.namespace, pod.name, mount.name), safeSubPath(mount.subPath)),
    }))
    .filter((mount) => mount.path !== '')
    .sort((left, right) => right.path.length - left.path.length);
  return (text) => {
    const mount = mounts.find(({ path }) => text === path || text.startsWith(`${path}/`));
    return mount === undefined ? text : mount.folder + text.slice(mount.path.length);
  };
}

function safeSubPath(subPath: string | undefined): string {
  return subPath !== undefined && staysInside(subPath) ? subPath : '';
}
