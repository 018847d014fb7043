#!/usr/bin/env node
// The `banyan` command. Plain JavaScript that any Node of the last ten years can parse and start: it finds a Node that can
// run the TypeScript beside it, and hands over. On a Node that is new enough it costs one import and no process.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [22, 19];
const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
const packageRoot = dirname(here);

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** Every place where a newer Node may be, nearest first: this package's, the packages' around it, PATH. */
function* candidates() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let folder = packageRoot; ; folder = dirname(folder)) {
    yield join(folder, 'node_modules', '.bin', name);
    yield join(folder, 'node_modules', 'node', 'bin', name);
    if (dirname(folder) === folder) break;
  }
  for (const folder of (process.env.PATH || '').split(delimiter)) if (folder) yield join(folder, name);
}

function findNode() {
  for (const file of candidates()) {
    if (!existsSync(file)) continue;
    const asked = spawnSync(file, ['--version'], { encoding: 'utf8' });
    if (asked.status === 0 && isNewEnough(asked.stdout.trim())) return file;
  }
  return undefined;
}

function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal's Ctrl-C reaches both processes; the CLI counts two interrupts within half a second as one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`banyan: ${node} could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (status, signal) => {
    process.exit(signal ? 128 + (constants.signals[signal] || 0) : status);
  });
}

if (isNewEnough(process.version)) {
  // A published banyan holds compiled files in the same places (Node strips no types inside node_modules).
  const compiled = join(here, 'cli', 'main.js');
  // Stripped and compiled once, kept in the temporary folder: half of a command's time otherwise.
  nodeModule.enableCompileCache?.();
  const { main } = await import(existsSync(compiled) ? './cli/main.js' : './cli/main.ts');
  await main(process.argv.slice(2));
} else {
  const node = findNode();
  if (node) handOver(node);
  else {
    process.stderr.write(
      `banyan: this is Node ${process.version}, and banyan needs ${oldest.join('.')} or newer.\n` +
        '  fix: put a newer Node first in PATH, or give banyan a folder of its own and run `npm install node@24` there:\n' +
        "       in the monolith's own folder the monolith's npm scripts would run on it, too.\n",
    );
    process.exitCode = 2;
  }
}
