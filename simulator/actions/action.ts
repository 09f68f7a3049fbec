// The shape that all actions share: a name, an API version, a parameter table and what is done.
import type { FaultState } from '../faults.ts';
import type { IdentityStore } from '../identity/identity-store.ts';
import type { Authority } from '../issuing/authority.ts';
import type { Instance } from '../issuing/instances.ts';
import type { Ledger } from '../issuing/ledger.ts';
import type { ParameterRule, Parameters } from '../protocol/parameters.ts';
import type { Problem } from '../protocol/problem.ts';
import type { AccessKey } from '../protocol/signature.ts';

/** The service that an action works on. */
export interface Service {
  readonly authorities: ReadonlyMap<string, Authority>;
  readonly instances: ReadonlyMap<string, Instance>;
  readonly ledger: Ledger;
  readonly faults: FaultState;
  readonly identity: IdentityStore;
  readonly now: () => Date;
}

/** The answer's body without RequestId; `cut`: the connection ends without an answer. */
export type ActionOutcome =
  | { readonly kind: 'answered'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'cut' };

/** One action of the API. `issues`: it makes certificates, so that limits and counted faults apply to it. */
export interface Action {
  readonly name: string;
  readonly version: string;
  readonly issues: boolean;
  /** Taken without a signature, from anyone. */
  readonly anonymous?: true;
  /** No policy need allow it. */
  readonly needsNoPermission?: true;
  readonly parameters: readonly ParameterRule[];
  readonly run: (given: Parameters, service: Service, caller: AccessKey) => ActionOutcome;
}

/** A refusal as an outcome. */
export function refused(problem: Problem): ActionOutcome {
  return { kind: 'refused', problem };
}
