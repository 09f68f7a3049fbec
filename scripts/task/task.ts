// What an npm script is for and what can be said to it.
import type { Manual } from '../../src/command-line/flags.ts';

/** The declaration of an npm script. */
export interface Task extends Pick<Manual, 'summary' | 'details' | 'flags' | 'rest' | 'examples'> {
  /** Name in package.json. */
  readonly npmScript: string;
  /** What must be there, how long it takes, what it costs. */
  readonly needs: string;
  /** Other npm scripts that are this one with flags. */
  readonly shortcuts?: Readonly<Record<string, { readonly parameters: string; readonly summary: string }>>;
}

/** How every npm script ends. */
export const exitCodes: Readonly<Record<number, string>> = {
  0: 'done, or stopped by Ctrl-C where that is its end',
  1: 'something failed',
  2: 'the arguments are wrong',
  3: 'the machine lacks something that is needed',
  '130': 'interrupted; 128 and the number of the signal',
};
