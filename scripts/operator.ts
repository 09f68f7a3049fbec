// `npm start -- FLAGS`: builds the bundle and runs it in this terminal; `npm start -- --help` lists the flags.
import { buildBundle } from './build.ts';
import { run } from './command.ts';

await buildBundle();
const { code } = await run({ script: 'dist/main.js', parameters: process.argv.slice(2), show: true });
process.exitCode = code;
