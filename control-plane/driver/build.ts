// Command line: builds both Go programs into the cache, with a progress line. For a first run and to warm up CI.
import { buildGoProgram, GoMissingError } from './go-build.ts';
import type { BuildProgress } from './go-build.ts';
import { controlPlaneProgram, helmProgram } from './programs.ts';

const logEvery = 200;

function progressLine(name: string): (progress: BuildProgress) => void {
  return ({ done, total, current }) => {
    const text = total === 0 ? `${name}: fetching ${current}` : `${name}: ${done}/${total} packages`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}${done < total ? `  ${current}` : ', linking'}`);
    else if (done % logEvery === 0 || done === total) process.stderr.write(`${text}\n`);
  };
}

async function build(): Promise<void> {
  for (const program of [controlPlaneProgram, helmProgram]) {
    const started = performance.now();
    const path = await buildGoProgram(program, progressLine(program.name));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[K' : ''}${program.name}: ready after ${seconds} s\n`);
    process.stdout.write(`${path}\n`);
  }
}

try {
  await build();
} catch (error) {
  process.stderr.write(`${error instanceof GoMissingError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
