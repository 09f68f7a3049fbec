// Rules as an administrator writes them, read.
import { parseIssuerHosts } from '../../../../../src/alibaba/issuer-hosts.ts';
import type { IssuerHosts } from '../../../../../src/alibaba/issuer-hosts.ts';
import { readRules } from '../../../../../src/controllers/issuers/tenancy/read-rules.ts';
import type { IssuerRules } from '../../../../../src/controllers/issuers/tenancy/rules.ts';

/** The hosts of --issuer-hosts. */
export function hostsOf(text = '*.example:*,127.0.0.1:*'): IssuerHosts {
  const parsed = parseIssuerHosts(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.message);
  return parsed.hosts;
}

/** The rules of a file with these. */
export function rulesOf(...rules: readonly object[]): IssuerRules {
  const read = readRules({ contact: 'pki@example.com', rules }, hostsOf());
  if (read.kind === 'invalid') throw new Error(read.faults.join(' '));
  return read.rules;
}
