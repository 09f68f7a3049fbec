// A defect of the operator, which has none of its own to be met when asked: it cannot read one duration.
import { fileURLToPath } from 'node:url';

/** The duration whose reading throws in an operator with the preload. */
export const unreadableDuration = '7777h';

/** Environment of an operator that has the defect. */
export const withDefect: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--import ${fileURLToPath(new URL('./defect-preload.ts', import.meta.url))}`,
};
