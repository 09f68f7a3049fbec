// Certificates of a profile, server or client: usages from the profile, names and subject from CSR and parameters.
import type { Service } from '../actions/action.ts';
import type { Faults } from '../faults.ts';
import type { Parameters } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import type { Problem } from '../protocol/problem.ts';
import { extendedKeyUsage, extensionType, keyUsage, keyUsageBit, purposes } from '../x509/extensions.ts';
import type { ExtensionContent } from '../x509/extensions.ts';
import { encodeName } from '../x509/names.ts';
import type { CertificationRequest } from '../x509/signing-request.ts';
import type { Authority } from './authority.ts';
import type { IssuePlan } from './issue.ts';
import { chooseNames, parameterNames } from './profile-names.ts';
import { chooseSubject } from './profile-subject.ts';
import type { SubjectDefaults } from './profile-subject.ts';

const recipe = [keyUsageBit.digitalSignature, keyUsageBit.keyEncipherment] as const;

/** Key usage of both profiles, by the key's family where the choice is so. */
const profileKeyUsage = {
  Recipe: { RSA: recipe, ECC: recipe },
  ByKeyFamily: { RSA: recipe, ECC: [keyUsageBit.digitalSignature] },
} as const;

const profilePurpose = { SERVER: 'serverAuth', CLIENT: 'clientAuth' } as const;

const keySizes = { RSA: [1024, 2048, 4096], ECC: [256, 384, 521] } as const;

/** Key algorithms of the `Algorithm` parameter; P-521 is called ECC_512. */
export const algorithmNames = ['RSA_1024', 'RSA_2048', 'RSA_4096', 'ECC_256', 'ECC_384', 'ECC_512', 'SM2_256'] as const;

/** Why the key of the CSR cannot be used, undefined when it can. */
export function keyObjection({ keyFamily, keySize }: CertificationRequest, algorithm?: string): Problem | undefined {
  if (!keySizes[keyFamily].some((size) => size === keySize)) {
    return problem(
      'InvalidParameter.Csr',
      `Keys of family ${keyFamily} must have ${keySizes[keyFamily].join(', ')} bits.`,
    );
  }
  const name = `${keyFamily}_${keySize === 521 ? 512 : keySize}`;
  return algorithm === undefined || algorithm === name
    ? undefined
    : problem('InvalidParameter.Algorithm', `The key of the CSR is of algorithm ${name}.`);
}

/** Subject, names and extensions of a profile's certificate. */
export function applyProfile(
  sources: { readonly request: CertificationRequest; readonly given: Parameters; readonly authority: Authority },
  profile: {
    readonly type: 'SERVER' | 'CLIENT';
    readonly defaults: SubjectDefaults;
    /** Where the document says it. */
    readonly csrSubject?: Faults['csrSubject'];
  },
  { faults: { current } }: Service,
): Pick<IssuePlan, 'subject' | 'names' | 'extensions'> | Problem {
  const added = parameterNames(sources.given);
  if ('code' in added) return added;
  const chosen = chooseNames(sources.request, added, current.csrNames);
  return {
    subject: encodeName(
      chooseSubject(sources, profile.defaults, {
        csrSubject: current.csrSubject,
        ...profile,
        addedSubject: current.addedSubject,
      }),
    ),
    names: chosen.names,
    extensions: [...usages(sources.request, profile.type, current), ...chosen.extensions],
  };
}

function usages(
  request: CertificationRequest,
  type: 'SERVER' | 'CLIENT',
  choices: Pick<Faults, 'csrUsages' | 'profileKeyUsage'>,
): ExtensionContent[] {
  const ofProfile: readonly ExtensionContent[] = [
    {
      type: extensionType.keyUsage,
      critical: true,
      value: keyUsage(profileKeyUsage[choices.profileKeyUsage][request.keyFamily]),
    },
    {
      type: extensionType.extendedKeyUsage,
      critical: false,
      value: extendedKeyUsage([purposes[profilePurpose[type]] ?? '']),
    },
  ];
  return ofProfile.map((one) => {
    const asked = choices.csrUsages === 'Used' ? request.extensions.get(one.type) : undefined;
    return asked === undefined ? one : { type: one.type, ...asked };
  });
}
