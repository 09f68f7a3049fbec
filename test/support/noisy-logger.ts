// A process that logs more than its reader takes: so many lines, then what it lost and how long one turn of its event loop took, on
// standard error; it ends when it is told to on standard input.
import { openLogOutput } from '../../src/runtime/logger.ts';

const [lines = '', mostBytes = ''] = process.argv.slice(2);
const output = openLogOutput(1, Number(mostBytes));
for (let line = 0; line < Number(lines); line += 1) output.write(`line ${line}\n`);
setImmediate(() => process.stderr.write(`lost ${output.lost()}\n`));
process.stdin.once('data', () => {
  void output.close().then(() => process.exit(0));
});
