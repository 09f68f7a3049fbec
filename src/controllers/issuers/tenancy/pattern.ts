// Patterns of rules: text in which * stands for any characters, none included.

/** How the patterns of one field must be written, so that each can match what the field may hold. */
export interface Notation {
  readonly form: RegExp;
  /** Characters beside the stars. */
  readonly longest: number;
  /** What it must be, as the end of a sentence. */
  readonly words: string;
}

/** By field of a rule. */
export const notations = {
  namespaces: {
    form: /^[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?$/,
    longest: 63,
    words: 'the name of a namespace, in which * stands for any characters, such as team-*',
  },
  roleArns: {
    form: /^acs:ram::[0-9*]+:role\/[A-Za-z0-9._/*-]+$/,
    longest: 256,
    words:
      'the ARN of a RAM role, in which * stands for any characters, such as acs:ram::1234567890123456:role/pca-team-*',
  },
  parentIdentifiers: {
    form: /^[A-Za-z0-9*][A-Za-z0-9_.*-]*$/,
    longest: 128,
    words: 'the identifier of a subordinate CA, in which * stands for any characters',
  },
  instanceIds: {
    form: /^[A-Za-z0-9_.*-]+$/,
    longest: 128,
    words: 'the ID of a bought instance, in which * stands for any characters, such as cas_deposit-cn-*',
  },
} as const satisfies Readonly<Record<string, Notation>>;

/** Whether a pattern is written as its field needs it. */
export function isWritten(pattern: string, { form, longest }: Notation): boolean {
  return form.test(pattern) && pattern.replaceAll('*', '').length <= longest;
}

/** Whether the whole text is as the pattern says. */
export function matches(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === text;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Whether one of the patterns does. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

const roleArn = /^acs:ram::([^:]*):role\/(.+)$/s;

/** The same for ARNs of roles, in which a star stays within the account or within the name. */
export function matchesAnyRole(patterns: readonly string[], arn: string): boolean {
  const [, account, name] = roleArn.exec(arn) ?? [];
  if (account === undefined || name === undefined) return false;
  return patterns.some((pattern) => {
    const [, accounts = '', names = ''] = roleArn.exec(pattern) ?? [];
    return matches(accounts, account) && matches(names, name);
  });
}
