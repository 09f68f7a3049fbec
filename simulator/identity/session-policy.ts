// Session policies: what a caller of AssumeRole lets the session do, of what the role may do. Actions with * and ? are simulated;
// a Resource other than * and a Condition are not, and a policy with them is refused rather than misread.
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
}

/** A policy that was read. */
export type SessionPolicy = readonly Statement[];

/** The policy, or why STS refuses it. */
export type PolicyReading =
  { readonly kind: 'ok'; readonly policy: SessionPolicy } | { readonly kind: 'refused'; readonly problem: Problem };

/** Reads the text of the parameter Policy. */
export function readPolicy(text: string): PolicyReading {
  const statements = statementsOf(text);
  return statements === undefined
    ? {
        kind: 'refused',
        problem: problem('InvalidParameter.PolicyGrammar', 'The parameter Policy has not passed grammar check.'),
      }
    : { kind: 'ok', policy: statements };
}

/** Why a session with this policy may not call an action, such as `sts:AssumeRole`; undefined where it may. */
export function denialOf(policy: SessionPolicy, action: string): 'ExplicitDeny' | 'ImplicitDeny' | undefined {
  const effects = policy.filter(({ actions }) => actions.some((pattern) => fits(pattern, action)));
  if (effects.some(({ effect }) => effect === 'Deny')) return 'ExplicitDeny';
  return effects.length > 0 ? undefined : 'ImplicitDeny';
}

function statementsOf(text: string): SessionPolicy | undefined {
  const policy = parsed(text);
  const { Version, Statement: given } = fieldsOf(policy);
  if (Version !== '1' || given === undefined) return undefined;
  const statements = [given].flat().map(statementOf);
  return statements.length > 0 && statements.every((one) => one !== undefined) ? statements : undefined;
}

function statementOf(value: unknown): Statement | undefined {
  const { Effect, Action, Resource, ...more } = fieldsOf(value);
  const actions = [Action].flat();
  const isWhole = [Resource].flat().every((resource) => resource === '*');
  if (Object.keys(more).length > 0 || !isWhole || (Effect !== 'Allow' && Effect !== 'Deny')) return undefined;
  return actions.length > 0 && actions.every((action) => typeof action === 'string' && /^(\*|[\w-]+:.+)$/.test(action))
    ? { effect: Effect, actions: actions as readonly string[] }
    : undefined;
}

function fits(pattern: string, action: string): boolean {
  const source = pattern
    .replaceAll(/[^\w*?]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(action);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
