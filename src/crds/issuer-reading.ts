// Issuers as the API server gives them: the CRDs of the cluster may be older or newer than this operator, so what they let in
// may be something else than its types say.
import { admit } from './admission.ts';
import type { Issuer, IssuerAsRead, IssuerStatus } from './issuer.ts';
import { issuerSpecSchema } from './issuer-schema/spec.ts';
import { issuerStatusSchema } from './issuer-schema/status.ts';

/** An issuer object whose spec and status may hold anything. */
type ForeignIssuer = Omit<Issuer, 'spec' | 'status'> & { readonly spec?: unknown; readonly status?: unknown };

/**
 * The issuer with every default of the present schema. A spec that does not fit that schema is left out, with what is wrong in
 * `faults`; a status that does not fit counts as none, since it is written anew. Pure.
 */
export function readIssuer({ spec, status, ...rest }: ForeignIssuer): IssuerAsRead {
  const admitted = admit(issuerSpecSchema, spec ?? null, 'spec');
  const present = admittedStatus(status);
  const read = { ...rest, ...(present === undefined ? {} : { status: present }) };
  return admitted.kind === 'admitted'
    ? { ...read, spec: admitted.value, unknownFields: admitted.unknown }
    : { ...read, spec: undefined, faults: admitted.faults };
}

/** Whether this operator understands what the issuer says. */
export function isUnderstood(issuer: IssuerAsRead): issuer is Issuer & IssuerAsRead {
  return issuer.spec !== undefined;
}

function admittedStatus(status: unknown): IssuerStatus | undefined {
  if (status === undefined) return undefined;
  const admitted = admit(issuerStatusSchema, status, 'status');
  return admitted.kind === 'admitted' ? admitted.value : undefined;
}
