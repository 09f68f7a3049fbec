// What a subcommand tells instead of working: its help, or what is wrong with what it was asked.
import { visible } from '../issuing/x509/shown-text.ts';
import type { Manual } from './flags.ts';
import { helpText } from './help.ts';

/** Where a subcommand writes. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What is told; `message` is a sentence. */
export type Told = { readonly kind: 'help' } | { readonly kind: 'wrong'; readonly message: string };

const exitCode = { done: 0, usage: 2 } as const;

/** Tells it; the result is the exit code, 0 for the help and 2 for a fault. */
export function tell(told: Told, manual: Manual, { out, err }: Streams): number {
  if (told.kind === 'help') {
    out(helpText(manual));
    return exitCode.done;
  }
  err(`${manual.command}: ${visible(told.message)}\n`);
  return exitCode.usage;
}

/** What was thrown, as a fault. */
export function thrownFault(thrown: unknown): Told {
  return { kind: 'wrong', message: thrown instanceof Error ? thrown.message : String(thrown) };
}
