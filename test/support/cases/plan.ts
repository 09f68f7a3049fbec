// What the plan command says of the inputs of a case.
import type { Manifest } from '../cluster.ts';
import { manifest } from '../plan-inputs.ts';
import { runWith } from '../plan-command.ts';
import { adviceToRenew } from '../renewal.ts';
import { keyOf } from './read.ts';

interface Report {
  readonly requests: readonly {
    readonly source: string;
    readonly outcome: 'planned' | 'refused';
    readonly certificate?: { readonly notices?: readonly string[] };
    readonly refusal?: { readonly reason: string; readonly message: string };
  }[];
}

/** What it says of each input, by what {@link keyOf} answers; nothing of those that it skips. */
export async function plansOf(inputs: readonly Manifest[]): Promise<ReadonlyMap<string, string>> {
  const { out } = await runWith({ inputs: manifest(...inputs) }, ['-o', 'json']);
  const { requests } = (out.trim() === '' ? { requests: [] } : JSON.parse(out)) as Report;
  const keyAt = (number: string | undefined): string => {
    const input = inputs[Number(number) - 1];
    if (input === undefined) throw new Error(`plan names document ${number ?? ''}, which is none`);
    return keyOf(input);
  };
  return new Map(
    requests.map(({ source, refusal, certificate }) => {
      const words = ['planned', ...(certificate?.notices ?? [])].join('. ').replaceAll('..', '.');
      const fault = `${refusal?.reason === 'Unplannable' ? 'cannot be planned' : 'refused'}: ${refusal?.message ?? ''}`;
      return [keyAt(/document (\d+)$/.exec(source)?.[1]), refusal === undefined ? words : fault] as const;
    }),
  );
}

/** Whether it says what became of the request. That cert-manager may wait is no concern of it. */
export function agrees(seen: string, plan: string): boolean {
  if (seen.startsWith('issued: ')) return plan.startsWith('planned');
  if (!seen.startsWith('failed: ')) return false;
  const [, name = '', namespace = ''] = / cmctl renew (\S+) -n (\S+)\.$/.exec(seen) ?? [];
  return plan === seen.replace('failed: ', 'refused: ').replace(adviceToRenew({ namespace, name }), '');
}
