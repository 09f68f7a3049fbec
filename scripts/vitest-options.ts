// Whether vitest knows the options that are handed on to it, asked before checks and builds that take minutes.

/** What is wrong with the arguments for vitest, as a sentence without its full stop; undefined if nothing is. */
export async function findVitestFault(parameters: readonly string[]): Promise<string | undefined> {
  if (!parameters.some((parameter) => parameter.startsWith('-'))) return undefined;
  const { createCLI } = await import('vitest/node');
  const cli = createCLI();
  try {
    cli.parse(['node', 'vitest', 'run', ...parameters], { run: false });
    // What it does itself before it runs a command.
    cli.matchedCommand?.checkUnknownOptions();
    cli.matchedCommand?.checkOptionValue();
    return undefined;
  } catch (error) {
    return `vitest refuses it: ${(error instanceof Error ? error.message : String(error)).replaceAll('`', "'")}`;
  }
}
