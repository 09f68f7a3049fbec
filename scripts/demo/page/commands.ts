// Commands to copy. Pure.

/** Words as a shell takes them: whoever pastes them must run nothing else. */
export function commandOf(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

/** What shows an object with its events. */
export function describeCommand(kind: string, name: string | undefined, namespace: string | undefined): string {
  const named = name === undefined ? [] : [name];
  const placed = namespace === undefined ? [] : ['-n', namespace];
  return commandOf(['kubectl', 'describe', kind.toLowerCase(), ...named, ...placed]);
}

function quoted(word: string): string {
  return /^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
