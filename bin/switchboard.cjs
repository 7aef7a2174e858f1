#!/usr/bin/env node
// Starts Switchboard on the pinned Node.js: the bundle where it is fresh, else the sources. Old syntax, so that any Node can say what is wrong.
'use strict';
var childProcess = require('child_process');
var fs = require('fs');
var os = require('os');
var path = require('path');

var root = path.join(__dirname, '..');
var MINIMUM_MAJOR = 24;

function exists(file) {
  return fs.existsSync(file);
}

/** Newest modification below a folder, in ms; the bundle counts only when it is newer than every source. */
function newest(folder) {
  var latest = 0;
  fs.readdirSync(folder, { withFileTypes: true }).forEach((entry) => {
    var file = path.join(folder, entry.name);
    var at = entry.isDirectory() ? newest(file) : fs.statSync(file).mtimeMs;
    if (at > latest) latest = at;
  });
  return latest;
}

function chooseProgram() {
  var bundle = path.join(root, 'dist', 'switchboard.mjs');
  var sources = path.join(root, 'src');
  if (!exists(sources)) return bundle;
  if (exists(bundle) && fs.statSync(bundle).mtimeMs > newest(sources)) return bundle;
  return path.join(sources, 'main.ts');
}

function chooseNode() {
  var pinned = path.join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (exists(pinned)) return fs.realpathSync(pinned);
  if (parseInt(process.versions.node, 10) >= MINIMUM_MAJOR) return process.execPath;
  process.stderr.write(
    'switchboard: needs Node.js ' +
      MINIMUM_MAJOR +
      ' or newer, this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n' +
      'In a checkout run "node scripts/install.cjs", which installs the pinned one; elsewhere install Node.js ' +
      MINIMUM_MAJOR +
      '+.\n',
  );
  process.exit(1);
}

function run() {
  var node = chooseNode();
  var program = chooseProgram();
  // As src/config/runtime-environment.ts says; what the user has set counts.
  var env = Object.assign({ MALLOC_ARENA_MAX: '1' }, process.env);
  var args = ['--disable-warning=ExperimentalWarning', program].concat(process.argv.slice(2));
  // A replacing exec keeps one process, so that signals, exit codes and memory figures are the program's own.
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(node, [node].concat(args), env);
    return;
  }
  var child = childProcess.spawn(node, args, { stdio: 'inherit', env: env });
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => {
    process.on(signal, () => {
      child.kill(signal);
    });
  });
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + os.constants.signals[signal] : code);
  });
}

if (require.main === module) run();
