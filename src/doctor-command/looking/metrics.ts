// The limits on calls that a replica has found, by its metrics. Only the leader calls.
import type { CallLimitFacts } from '../facts.ts';
import { seen } from '../../cluster-reading/seen.ts';
import type { Seen } from '../../cluster-reading/seen.ts';

const mostBytes = 16 * 1024 * 1024;
const fields = {
  pca_issuer_call_limit_per_second: 'perSecond',
  pca_issuer_calls_waiting: 'waiting',
  pca_issuer_endpoint_held: 'held',
} as const;
const line = /^(pca_issuer_[a-z_]+)\{([^}]*)\} (\S+)$/;

/** Reads `/metrics` at an address such as `http://127.0.0.1:8080/metrics`. */
export async function lookAtCallLimits(url: string, signal: AbortSignal): Promise<Seen<readonly CallLimitFacts[]>> {
  try {
    const answer = await fetch(url, { signal, redirect: 'error' });
    const text = await boundedText(answer);
    if (!answer.ok || text === undefined)
      return { kind: 'unanswered', why: `the metrics were answered with status ${answer.status}.` };
    return seen(callLimitsOf(text));
  } catch {
    // Words of the library may quote the address, which may hold a password.
    return { kind: 'unanswered', why: 'nothing answered at the address of the metrics.' };
  }
}

/** The limits in Prometheus' text format. Pure. */
export function callLimitsOf(text: string): readonly CallLimitFacts[] {
  const limits = new Map<string, CallLimitFacts>();
  for (const each of text.split('\n')) {
    const [, name = '', labels = '', value = ''] = line.exec(each) ?? [];
    if (!(name in fields)) continue;
    const field = fields[name as keyof typeof fields];
    const known = limits.get(labels) ?? { ...labelsOf(labels), perSecond: 0, waiting: 0, held: false };
    limits.set(labels, { ...known, [field]: field === 'held' ? Number(value) > 0 : Number(value) });
  }
  return [...limits.values()];
}

function labelsOf(text: string): Pick<CallLimitFacts, 'account' | 'region' | 'action'> {
  // `name="value",name="value"`; no value of these has a quote in it.
  const labels = new Map(
    text.split('",').map((part): [string, string] => {
      const [name = '', value = ''] = part.split('="');
      return [name, value.replace('"', '')];
    }),
  );
  const label = (name: string): string => labels.get(name) ?? '';
  return { account: label('account'), region: label('region'), action: label('action') };
}

async function boundedText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
