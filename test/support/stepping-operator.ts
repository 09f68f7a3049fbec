// The operator from its sources, as a process that tells its parent each boundary of issuing and stays at one when told to.
import type { IssuingStep } from '../../src/controllers/requests/signing/steps.ts';
import { Operator } from '../../src/operator/operator.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { parseOptions } from '../../src/runtime/options.ts';
import { podIdentity } from '../../src/runtime/pod-identity.ts';
import type { StepAnnounced, StepCommand } from './stepped-operator.ts';

let holding: IssuingStep | undefined;
let release: () => void = () => undefined;
let released: Promise<void> = Promise.resolve();

process.on('message', (command: StepCommand) => {
  if (command.kind === 'hold') {
    holding = command.step;
    released = new Promise((resolve) => (release = resolve));
  } else {
    holding = undefined;
    release();
  }
});
// The parent is gone.
process.on('disconnect', () => process.exit(1));

const parsed = parseOptions(process.argv.slice(2), {});
if (parsed.kind !== 'run') throw new Error(parsed.kind === 'invalid' ? parsed.message : 'these flags run no operator');
const { options } = parsed;
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
const operator = await Operator.start(
  options,
  podIdentity({}),
  {
    logger: createLogger({
      level: options['log-level'],
      format: options['log-format'],
      write: (line) => process.stdout.write(line),
    }),
    lostLines: () => 0,
  },
  async (step, uid) => {
    const announced: StepAnnounced = { step, uid };
    process.send?.(announced);
    if (step === holding) await released;
  },
);
process.exit((await operator.run(stopping.signal)) === 'stopped' ? 0 : 1);
