// Requests that were restored without their Certificate: a row for every cause.
import type { CertificateRequest } from '../../../../../src/crds/cert-manager.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { certificatePath, uids, web, webCA } from '../../characterization/material.ts';
import { issues } from '../replies.ts';
import type { Situation } from '../rig.ts';
import { troubled, waits, waitsFor } from './row.ts';
import type { Row } from './row.ts';

const uid = uids['web-1'] ?? '';

const controller = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'web', uid: 'c', controller: true };
/** What cert-manager made for revision 2 of the Certificate `web`. */
const provenance = {
  annotations: { 'cert-manager.io/certificate-name': 'web', 'cert-manager.io/certificate-revision': '2' },
  ownerReferences: [controller],
};

/** A copy of such a request, as somebody else created it. */
function restored(metadata: Partial<CertificateRequest['metadata']> = {}) {
  return web({ metadata: { ...provenance, ...metadata } });
}

const inTheWay = ' As long as it exists, cert-manager cannot make a request of this name.';
const held = (what: string, consequence = inTheWay): string =>
  `Held: this request ${what}. Nobody would use a certificate for it, so none is bought. Delete it: kubectl delete certificaterequest web-1 -n shop.${consequence}`;

/** A restored request that has a controller: what is known of it is looked at again. */
const heldFor = (cause: string, what: string, situation: Situation, consequence?: string): Row => ({
  situation: { requests: [restored()], ...situation },
  decision: waitsFor(300_000, 'RequestRestored', held(what, consequence), cause),
});

export const withoutController: Row = {
  situation: { requests: [restored({ ownerReferences: [] })] },
  decision: waits(
    'RequestRestored',
    held('was restored or copied without Certificate "shop/web", which is not among its ownerReferences'),
    'NoController',
  ),
};

export const restoredRows: Readonly<Record<string, Row>> = {
  'a restored request whose Certificate is gone': heldFor(
    'CertificateGone',
    'was restored or copied without Certificate "shop/web", which does not exist',
    {},
  ),
  'a restored request whose Certificate was made anew': heldFor(
    'OtherCertificate',
    'was restored or copied without its own Certificate "shop/web": its ownerReferences name another object',
    { certificate: { metadata: { uid: 'd' } } },
  ),
  'a request that was made for another Certificate': heldFor(
    'OtherCertificate',
    'was restored or copied without its own Certificate "shop/other": its ownerReferences name another object',
    {
      requests: [
        restored({
          annotations: { 'cert-manager.io/certificate-name': 'other', 'cert-manager.io/certificate-revision': '2' },
        }),
      ],
    },
  ),
  'a restored request of a revision that is over': heldFor(
    'RevisionOver',
    'is for revision 2 of Certificate "shop/web", which has had that revision: it was restored from a backup',
    { certificate: { metadata: { uid: 'c' }, status: { revision: 2 } } },
    '',
  ),
  'a restored request that an earlier process may have called for: no other certificate is looked for': {
    situation: { requests: [restored({ ownerReferences: [] })] },
    prepare: (rig) => rig.memories.of(uid).inherited(0),
    decision: waits(
      'RequestRestored',
      held('was restored or copied without Certificate "shop/web", which is not among its ownerReferences'),
      'NoController',
    ),
  },
  'a request that was in use when its call went out, which came to nothing: no further call goes out': {
    situation: {
      requests: [restored()],
      certificate: { metadata: { uid: 'c' }, status: { revision: 1 } },
      pca: { issue: [failed('OutcomeUnknown', { httpStatus: undefined }), issues()], find: [{ kind: 'absent' }] },
    },
    prepare: async (rig) => {
      await rig.decide();
      rig.cluster.remove(certificatePath);
    },
    decision: waitsFor(
      300_000,
      'RequestRestored',
      held('was restored or copied without Certificate "shop/web", which does not exist'),
      'CertificateGone',
    ),
  },
  'the same of a CA certificate, whose instance was not used': {
    situation: {
      requests: [webCA({ metadata: provenance })],
      spec: { externalCA: { instanceIds: ['i-1'] } },
      certificate: { metadata: { uid: 'c' }, status: { revision: 1 } },
      pca: {
        issue: [failed('OutcomeUnknown', { httpStatus: undefined }), issues()],
        find: [{ kind: 'absent' }, { kind: 'absent' }],
      },
    },
    prepare: async (rig) => {
      await rig.decide();
      rig.clock.advance(60_000);
      rig.cluster.remove(certificatePath);
    },
    decision: waitsFor(
      300_000,
      'RequestRestored',
      held('was restored or copied without Certificate "shop/web", which does not exist'),
      'CertificateGone',
    ),
  },
  'a request whose Certificate cannot be read, which somebody else than cert-manager created': {
    situation: {
      requests: [restored()],
      faults: [{ verb: 'get', path: certificatePath, failure: 'Forbidden', times: 2 }],
    },
    decision: troubled(
      'CertificateUnreadable',
      'Certificate "shop/web" could not be read: The API server says Forbidden.',
    ),
  },
};
