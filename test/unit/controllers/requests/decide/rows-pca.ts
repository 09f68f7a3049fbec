// What each class of PCA's failures comes to, for the issuing call and for the look for an earlier certificate.
import type { PcaErrorClass } from '../../../../../src/alibaba/error-table.ts';
import type { PcaFailure } from '../../../../../src/alibaba/errors.ts';
import type { Decision } from '../../../../../src/controllers/requests/decision.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { uids, webCA } from '../../characterization/material.ts';
import { fails, givenUp, lost, troubled, turnMessage, unanswered, waitsFor, waitsForIssuer } from './row.ts';
import type { Row } from './row.ts';

interface Meaning {
  readonly issuing: Decision;
  readonly reading: Decision;
  /** Reason of the issuer afterwards, where it is its fault. */
  readonly issuer?: string;
}

/** Passing trouble in both calls. */
function passes(name: Exclude<PcaErrorClass, 'Cancelled'>): Meaning {
  const decision = troubled(name, `PCA says ${name}.`);
  return { issuing: decision, reading: decision };
}

/** Passing trouble in both calls, after which nobody knows whether there is a certificate. */
function losesAnswer(name: Exclude<PcaErrorClass, 'Cancelled'>): Meaning {
  const decision = troubled(name, `PCA says ${name}.`);
  return { issuing: lost(decision), reading: decision };
}

/** A fault of the issuer in both calls. */
function holds(issuer: string): Meaning {
  return { issuing: waitsForIssuer(issuer), reading: waitsForIssuer(issuer), issuer };
}

const meanings: Record<PcaErrorClass, Meaning> = {
  Throttled: { ...passes('Throttled'), issuing: waitsFor(1_000, 'WaitingForTurn', turnMessage) },
  Transient: passes('Transient'),
  OutcomeUnknown: losesAnswer('OutcomeUnknown'),
  Credentials: holds('CredentialsInvalid'),
  Permission: holds('PermissionDenied'),
  IssuingCA: holds('IssuingCAUnusable'),
  ExternalCA: passes('ExternalCA'),
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
  Cancelled: { issuing: lost(givenUp), reading: givenUp },
  Unknown: losesAnswer('Unknown'),
};

const asCA = { requests: [webCA()], spec: { externalCA: { instanceIds: ['i-1'] } } };
const ofCAs = 'This concerns the CA certificates of the issuer alone: correct';

/** What a call for a CA certificate meets is no reason for the others to wait. */
function ofExternalCAs(name: PcaErrorClass, setting = 'spec.externalCA', changes: Partial<PcaFailure> = {}): Row {
  return {
    situation: { ...asCA, pca: { find: [{ kind: 'absent' }], issue: [failed(name, changes)] } },
    decision: troubled(
      'ExternalCA',
      `PCA says ${name}. ${ofCAs} ${setting} of the issuer, or what it needs in PCA and RAM.`,
    ),
  };
}

const sts = { service: 'STS', httpStatus: undefined, mayHaveIssued: false } as const;

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
  'a parameter that comes from a setting of the issuer': {
    situation: { pca: { issue: [failed('RequestRejected', { code: 'InvalidParameter.ResourceGroupId' })] } },
    decision: waitsForIssuer('InvalidSettings'),
    issuer: 'InvalidSettings',
  },
  'STS that does not answer': {
    situation: { pca: { issue: [failed('Transient', sts)] } },
    decision: waitsForIssuer('STSUnavailable'),
    issuer: 'STSUnavailable',
  },
  'STS that throttles': {
    situation: { pca: { issue: [failed('Throttled', sts)] } },
    decision: waitsForIssuer('STSUnavailable'),
    issuer: 'STSUnavailable',
  },
  'STS that does not answer while a certificate is looked for': {
    situation: { pca: { find: [failed('Transient', sts)] } },
    prepare: (rig) => rig.memories.of(uids['web-1'] ?? '').inherited(0),
    decision: waitsForIssuer('STSUnavailable'),
    issuer: 'STSUnavailable',
  },
  'STS after several calls that PCA did not answer': {
    situation: { pca: { issue: [failed('Transient', sts)] } },
    prepare: async (rig) => unanswered(rig, 4, noAnswer),
    decision: waitsForIssuer('STSUnavailable'),
    issuer: 'STSUnavailable',
  },
  'credentials of STS that a reconcile does not wait for': {
    situation: { pca: { issue: [failed('Cancelled', sts)] } },
    decision: givenUp,
  },
  'a call that is given up while the endpoint is held': {
    situation: { pca: { issue: [failed('Cancelled', { httpStatus: undefined })] } },
    prepare: async (rig) => {
      await unanswered(rig, 5, noAnswer);
      // One call at a time is tried.
      rig.clock.advance(60_000);
    },
    decision: lost(givenUp),
  },
  'STS that denies the role of CA certificates, too': {
    situation: { ...asCA, pca: { find: [{ kind: 'absent' }], issue: [failed('Permission', sts)] } },
    decision: waitsForIssuer('PermissionDenied'),
    issuer: 'PermissionDenied',
  },
  'an instance that PCA does not know': ofExternalCAs('ExternalCA'),
  'CA certificates that the RAM policy does not allow': ofExternalCAs('Permission'),
  'CA certificates that the endpoint does not offer': ofExternalCAs('ActionUnavailable'),
  'an instance that PCA refuses': ofExternalCAs('RequestRejected', 'spec.externalCA.instanceIds', {
    code: 'InvalidParameter.InstanceId',
  }),
  'the state of an instance that may not be read': {
    situation: { ...asCA, pca: { find: [failed('Permission')] } },
    decision: troubled(
      'ExternalCA',
      `PCA says Permission. ${ofCAs} spec.externalCA of the issuer, or what it needs in PCA and RAM.`,
    ),
  },
  'no answer to the call that holds the endpoint': {
    situation: { pca: { issue: [noAnswer] } },
    prepare: async (rig) => unanswered(rig, 4, noAnswer),
    decision: waitsForIssuer('PCAUnavailable'),
    issuer: 'PCAUnavailable',
  },
  'no answer before the endpoint is held': {
    situation: { pca: { issue: [noAnswer] } },
    prepare: async (rig) => unanswered(rig, 3, noAnswer),
    decision: lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
  },
};
