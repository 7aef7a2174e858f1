// Finds the manifest files of a folder, and looks no further than its limits.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/coded-error.ts';
import { errorIssue, type Issue, warningIssue } from '../base/result.ts';

export interface FileEntry {
  readonly path: string;
  /** Differs when the content may differ. */
  readonly stamp: string;
  readonly size: number;
  /** Last written, ms since the epoch. */
  readonly modifiedMs: number;
}

export interface FolderListing {
  /** False: the folder itself could not be read, and nothing is known of its files. */
  readonly readable: boolean;
  /** By path. */
  readonly files: readonly FileEntry[];
  readonly issues: readonly Issue[];
}

export interface ListingLimits {
  /** Default 5,000. */
  readonly maxFiles: number;
  /** Folders read, the first included; default 1,000. */
  readonly maxFolders: number;
}

const EXTENSIONS = ['.yaml', '.yml', '.json'] as const;

/** Names that are never entered: what begins with a dot (`.git`, a mounted ConfigMap's `..data`) and installed packages. */
function isSkipped(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/**
 * Lists `root` recursively. `onFolder` is called with each folder and its inode before it is read, so that whoever watches it
 * from then on misses nothing. Links to files are followed, links to folders are not. Never throws.
 */
export async function listManifests(
  root: string,
  limits: ListingLimits,
  onFolder: (path: string, inode: number) => void,
): Promise<FolderListing> {
  const files: FileEntry[] = [];
  const issues: Issue[] = [];
  const folders = [root];
  for (let i = 0; i < folders.length; i++) {
    const folder = folders[i] ?? root;
    if (i >= limits.maxFolders) {
      issues.push(limitIssue(root, `${limits.maxFolders} folders`));
      break;
    }
    try {
      const found = await listFolder(folder, onFolder);
      files.push(...found.files);
      folders.push(...found.folders);
    } catch (error) {
      if (i === 0) return { readable: false, files: [], issues: [unreadableIssue(root, error)] };
      // A folder that went away meanwhile takes its files with it; the next look is already on its way.
    }
  }
  if (files.length > limits.maxFiles) issues.push(limitIssue(root, `${limits.maxFiles} files`));
  files.sort((left, right) => (left.path < right.path ? -1 : 1));
  return { readable: true, files: files.slice(0, limits.maxFiles), issues };
}

async function listFolder(
  folder: string,
  onFolder: (path: string, inode: number) => void,
): Promise<{ readonly files: readonly FileEntry[]; readonly folders: readonly string[] }> {
  onFolder(folder, (await stat(folder)).ino);
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => !isSkipped(entry.name));
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  const candidates = entries.filter((entry) => !entry.isDirectory() && isManifestName(entry.name));
  const files = await Promise.all(candidates.map((entry) => fileEntry(join(folder, entry.name))));
  return { files: files.flatMap((file) => file ?? []), folders: folders.sort() };
}

/** Null for what is not a plain file (any more). */
async function fileEntry(path: string): Promise<FileEntry | null> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return null;
    const stamp = `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
    return { path, stamp, size: found.size, modifiedMs: Math.max(found.mtimeMs, found.ctimeMs) };
  } catch {
    return null;
  }
}

function isManifestName(name: string): boolean {
  return EXTENSIONS.some((extension) => name.endsWith(extension));
}

function unreadableIssue(root: string, error: unknown): Issue {
  return errorIssue(`the folder can't be read: ${messageOf(error)}`, {
    source: root,
    remedy: 'create it, or name another one',
  });
}

function limitIssue(root: string, limit: string): Issue {
  return warningIssue(`holds more than ${limit}; the rest is not read`, {
    source: root,
    remedy: 'name a folder with the manifests only',
  });
}
