// What the doctor says: one finding for each thing that it looked at.

import type { Unseen } from '../cluster-reading/seen.ts';

/** `unknown`: it could not be looked at, mostly because a right is missing. */
export type Level = 'ok' | 'warning' | 'error' | 'unknown';

/** What is looked at, each with its meaning for the table of docs/doctor.md. */
export const checks = {
  crds: 'The API server serves both kinds of issuer and what is needed of cert-manager.',
  'crd-version': 'The CRDs of the issuers have the fields of this version, no more and no fewer.',
  operator: 'The operator is installed once, its Deployment is available and its flags can be read.',
  'version-skew': 'Operator and doctor are of the same version.',
  'service-account': "The operator's ServiceAccount exists.",
  lease: 'A replica holds the Lease and renews it.',
  clock: "The clocks of the leader's node and of this machine agree with the API server's.",
  rights: 'The operator may do what it has to.',
  'cert-manager-rights': 'cert-manager may do what it has to for requests of these issuers.',
  approval: 'Somebody approves requests for these issuers.',
  identity: "The operator's own RAM role is configured, and its token is the one that STS takes.",
  proxy: 'The proxy of the environment can be used.',
  connection: 'PCA and STS are reached: DNS, TCP, TLS and an answer, step by step.',
  issuer: 'The issuer is ready by its status.',
  credentials: 'The credentials of the issuer open PCA and its CA now: Secret, STS, PCA.',
  ca: 'The CA does not end soon.',
  quota: 'Certificates and bought instances are left.',
  'call-limit': 'No calls wait for a limit or for an endpoint that does not answer.',
  trust: 'What is published as trusted is what the issuer says.',
  requests: 'No request waits or has failed lately.',
  'mesh-roots': 'The roots that a mesh trusts are those of its issuers.',
  'mesh-lifetime': 'The lifetimes that istiod asks for are those that the issuer gives.',
  'mesh-approval': 'istiod may approve what it asks for.',
} as const;

/** Name of a check. */
export type Check = keyof typeof checks;

/** One finding. `about`: the object or setting; `found`: what is so; `todo`: what to do, empty where all is well. */
export interface Finding {
  readonly check: Check;
  readonly level: Level;
  readonly about: string;
  readonly found: string;
  readonly todo: string;
}

/** A finding that all is well. */
export function ok(check: Check, about: string, found: string): Finding {
  return { check, level: 'ok', about, found, todo: '' };
}

/** A finding of trouble that comes. */
export function warning(check: Check, about: string, found: string, todo: string): Finding {
  return { check, level: 'warning', about, found, todo };
}

/** A finding of trouble. */
export function error(check: Check, about: string, found: string, todo: string): Finding {
  return { check, level: 'error', about, found, todo };
}

/** A finding that something could not be looked at. */
export function unknown(check: Check, about: string, found: string, todo: string): Finding {
  return { check, level: 'unknown', about, found, todo };
}

/** What is said of something that could not be seen. */
export function unseen(check: Check, about: string, look: Unseen): Finding {
  return look.kind === 'hidden'
    ? unknown(
        check,
        about,
        `It may not be read: the right to ${look.right} is missing.`,
        `Ask for that right, or have somebody run this who has it.`,
      )
    : unknown(
        check,
        about,
        `It could not be read: ${look.why}`,
        'Run this again; if it lasts, look at the API server.',
      );
}
