// Issuers of a cluster whose CRDs are older than this operator and could not fill in the newer defaults.
import { admit } from './admission.ts';
import type { Issuer } from './issuer.ts';
import { issuerSpecSchema } from './issuer-schema/spec.ts';

/** The issuer with every default of the present schema; unchanged where its spec does not fit that schema. Pure. */
export function withDefaults(issuer: Issuer): Issuer {
  const admitted = admit(issuerSpecSchema, issuer.spec, 'spec');
  return admitted.kind === 'admitted' ? { ...issuer, spec: admitted.value } : issuer;
}
