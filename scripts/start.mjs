/**
 * Entry of every npm script: `node scripts/start.mjs TASK [ARGUMENT...]` runs scripts/TASK.ts.
 * Needs nothing but Node 18: installs the dependencies when the lock file changed, then goes on with the Node that the
 * project asks for. Must not import anything from node_modules.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'node_modules', '.installed-lock-hash');
const parentPollMs = 300;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function isInstalled(hash) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash;
}

// npm puts node_modules/.bin first, and the Node in there disappears while npm replaces node_modules.
function environmentForNpm() {
  const entries = (process.env.PATH ?? '').split(delimiter);
  return {
    ...process.env,
    PATH: entries.filter((entry) => !entry.endsWith(`node_modules${sep}.bin`)).join(delimiter),
  };
}

/** Runs a program to its end; resolves to its exit code (128 + signal number when a signal ended it). */
function run(program, parameters, options, onStart = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, options);
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
    onStart(child);
  });
}

async function install(hash) {
  const started = Date.now();
  process.stderr.write('Installing dependencies (npm ci) … ');
  let output = '';
  const keep = (chunk) => {
    output += chunk;
  };
  // Windows starts npm.cmd only through a shell.
  const options = {
    cwd: root,
    env: environmentForNpm(),
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  };
  const status = await run('npm', ['ci', '--loglevel=error', '--no-fund', '--no-audit'], options, (child) => {
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
  }).catch((error) => fail(`npm could not be started (${error.message}). Install npm 9 or newer and put it on PATH.`));
  if (status !== 0) fail(`failed.\n${output}\nnpm ci failed with exit code ${status}; its output is above.`);

  writeFileSync(stampFile, hash);
  process.stderr.write(`done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

function neededNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return engines.node.replace('>=', '');
}

function isNewEnough(needed) {
  const [major, minor] = needed.split('.').map(Number);
  const [runningMajor, runningMinor] = process.versions.node.split('.').map(Number);
  return runningMajor > major || (runningMajor === major && runningMinor >= minor);
}

/** The project's own Node where npm has one for this machine, else the running one if it is new enough. */
function projectNode() {
  const own = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (existsSync(own)) return own;

  const needed = neededNode();
  if (!isNewEnough(needed)) {
    fail(
      `Node ${needed} or newer is needed, and this is Node ${process.versions.node}. ` +
        'Install it from https://nodejs.org and run the command again.',
    );
  }
  return process.execPath;
}

// A Ctrl-C in a terminal reaches the whole process group already; a second one would cut the task's cleaning up short.
function passSignals(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
}

// npm runs this through a shell, which dies of a SIGTERM to npm without handing it on, and outlives npm's own SIGKILL.
function endWithParent(child) {
  if (process.env.npm_lifecycle_event === undefined) return;

  const parent = process.ppid;
  const npm = parentOfShell(parent);
  const watch = setInterval(() => {
    if (process.ppid !== parent || parentOfShell(parent) !== npm) {
      clearInterval(watch);
      child.kill('SIGTERM');
    }
  }, parentPollMs);
  watch.unref();
}

/** Id of the parent of a process that is a shell; undefined for any other process, and where there is no /proc. */
function parentOfShell(pid) {
  try {
    return /^\d+ \((?:ba|da|)sh\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

const [first = '--help', ...parameters] = process.argv.slice(2);
const helpFlags = ['--help', '-h'];
const task = helpFlags.includes(first) ? 'help' : first;
const script = join(root, 'scripts', `${task}.ts`);
if (!existsSync(script))
  fail(`There is no task "${task}": scripts/${task}.ts does not exist. All tasks: node scripts/start.mjs --help`);

// Help needs no dependencies, and nobody who asks for it wants to wait for them.
const isHelp = task === 'help' || parameters.some((parameter) => helpFlags.includes(parameter));
const hash = lockHash();
if (!isInstalled(hash) && !(isHelp && isNewEnough(neededNode()))) await install(hash);

process.exitCode = await run(projectNode(), [script, ...parameters], { stdio: 'inherit' }, (child) => {
  passSignals(child);
  endWithParent(child);
});
