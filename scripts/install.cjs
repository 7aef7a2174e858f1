// Installs the locked dependencies when the lock file, platform or architecture changed; does nothing otherwise.
// Plain ES2019 without dependencies: it runs on whatever Node the machine has, before anything is installed.
'use strict';
const { createHash } = require('crypto');
const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const root = path.join(__dirname, '..');
const stampFile = path.join(root, 'node_modules', '.switchboard-lock');

function wantedStamp() {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'));
  return createHash('sha256').update(lock).update(process.platform).update(process.arch).digest('hex');
}

function installedStamp() {
  try {
    return fs.readFileSync(stampFile, 'utf8').trim();
  } catch {
    return '';
  }
}

/** npm must not run on the node that it is about to delete, nor under settings of the npm that called us. */
function cleanEnvironment() {
  const kept = /^npm_config_(registry|cache|cafile|https?_proxy|proxy|noproxy)$/i;
  const env = {};
  for (const name of Object.keys(process.env)) {
    if (!/^npm_/i.test(name) || kept.test(name)) env[name] = process.env[name];
  }
  const pathName = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') || 'PATH';
  const inside = path.join('node_modules', '.bin');
  env[pathName] = (env[pathName] || '')
    .split(path.delimiter)
    .filter((folder) => !folder.endsWith(inside))
    .join(path.delimiter);
  return env;
}

function findNpm(env) {
  const script = process.env.npm_execpath;
  if (script && /\.c?js$/.test(script)) {
    const inProject = path.join(root, 'node_modules') + path.sep;
    const recorded = process.env.npm_node_execpath || process.execPath;
    const node = recorded.startsWith(inProject) ? 'node' : recorded;
    return { command: node, prefix: [script], env };
  }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', prefix: [], env };
}

/** A work tree may share the packages of another one by a link: npm would empty the folder that it leads to. */
function isShared() {
  const stat = fs.lstatSync(path.join(root, 'node_modules'), { throwIfNoEntry: false });
  return stat !== undefined && stat.isSymbolicLink();
}

function install() {
  const wanted = wantedStamp();
  if (installedStamp() === wanted) return 0;
  if (isShared()) {
    process.stderr.write('switchboard: node_modules is a link and is used as it is; where it leads, run: npm ci\n');
    return 0;
  }
  process.stderr.write('switchboard: installing the locked dependencies (about half a minute the first time) …\n');
  const npm = findNpm(cleanEnvironment());
  const flags = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--prefer-offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const result = spawnSync(npm.command, npm.prefix.concat(flags), { cwd: root, env: npm.env, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    const why = result.error
      ? result.error.message
      : `npm ci ended with ${result.status === null ? result.signal : result.status}`;
    process.stderr.write(
      'switchboard: the dependencies could not be installed (' +
        why +
        '). Check the network and the npm registry, then run: npm ci\n',
    );
    return 1;
  }
  fs.writeFileSync(stampFile, `${wanted}\n`);
  return 0;
}

process.exitCode = install();
