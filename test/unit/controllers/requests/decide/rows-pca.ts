// What each class of PCA's failures comes to, for the issuing call and for the look for an earlier certificate.
import type { PcaErrorClass } from '../../../../../src/alibaba/error-table.ts';
import type { Decision } from '../../../../../src/controllers/requests/decision.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { uids } from '../../characterization/material.ts';
import { fails, troubled, turnMessage, unanswered, waitsFor, waitsForIssuer } from './row.ts';
import type { Row } from './row.ts';

interface Meaning {
  readonly issuing: Decision;
  readonly reading: Decision;
  /** Reason of the issuer afterwards, where it is its fault. */
  readonly issuer?: string;
}

/** Passing trouble in both calls. */
function passes(name: PcaErrorClass): Meaning {
  const decision = troubled(name, `PCA says ${name}.`);
  return { issuing: decision, reading: decision };
}

/** A fault of the issuer in both calls. */
function holds(issuer: string): Meaning {
  return { issuing: waitsForIssuer(issuer), reading: waitsForIssuer(issuer), issuer };
}

const meanings: Record<PcaErrorClass, Meaning> = {
  Throttled: { ...passes('Throttled'), issuing: waitsFor(1_000, 'WaitingForTurn', turnMessage) },
  Transient: passes('Transient'),
  OutcomeUnknown: passes('OutcomeUnknown'),
  Credentials: holds('CredentialsInvalid'),
  Permission: holds('PermissionDenied'),
  IssuingCA: holds('IssuingCAUnusable'),
  Capacity: holds('CapacityExhausted'),
  ActionUnavailable: holds('ActionUnavailable'),
  EndpointNotAllowed: holds('EndpointNotAllowed'),
  Duplicate: passes('Duplicate'),
  RequestRejected: {
    ...passes('RequestRejected'),
    issuing: fails(
      'RejectedByPCA',
      'Alibaba Cloud PCA refuses this request: PCA says RequestRejected. Correct the Certificate; asking again unchanged gives the same answer.',
    ),
  },
  Cancelled: passes('Cancelled'),
  Unknown: passes('Unknown'),
};

const noAnswer = failed('OutcomeUnknown', { httpStatus: undefined });

export const pcaRows: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(
    (Object.keys(meanings) as PcaErrorClass[]).flatMap((name): readonly [string, Row][] => {
      const { issuing, reading, issuer } = meanings[name];
      const held = issuer === undefined ? {} : { issuer };
      return [
        [`${name} of the issuing call`, { situation: { pca: { issue: [failed(name)] } }, decision: issuing, ...held }],
        [
          `${name} of the look for an earlier certificate`,
          {
            situation: { pca: { find: [failed(name)] } },
            prepare: (rig) => rig.memories.of(uids['web-1'] ?? '').inherited(0),
            decision: reading,
            ...held,
          },
        ],
      ];
    }),
  ),
  'no answer to the call that holds the endpoint': {
    situation: { pca: { issue: [noAnswer] } },
    prepare: async (rig) => unanswered(rig, 4, noAnswer),
    decision: waitsForIssuer('PCAUnavailable'),
    issuer: 'PCAUnavailable',
  },
  'no answer before the endpoint is held': {
    situation: { pca: { issue: [noAnswer] } },
    prepare: async (rig) => unanswered(rig, 3, noAnswer),
    decision: troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.'),
  },
};
