// The issuer's settings of the subject were changed between a call and the start of the process that finds its certificate. What
// the request itself states must be there; what only settings made is kept, and told.
import { expect, test } from 'vitest';
import type { Issued } from '../../../../../src/authority/certificate-authority.ts';
import type { IssuePlan } from '../../../../../src/issuing/plan.ts';
import { encoded, makeCsr } from '../../../../support/certificates.ts';
import { failed } from '../../../../support/fake-authority.ts';
import { uids, web, webContent } from '../../characterization/material.ts';
import { issues, finds, replyTo } from '../replies.ts';
import type { Changes } from '../replies.ts';
import { Rig } from '../rig.ts';
import type { Situation } from '../rig.ts';

const uid = uids['web-1'] ?? '';
type Subject = NonNullable<Changes['subject']>;
type Stated = Extract<Subject, readonly object[]>;

async function asked(subject: Stated, spec: object): Promise<Situation> {
  const csr = await makeCsr('P-256', { subject, ...webContent });
  return { requests: [web({ spec: { request: encoded(csr) } })], spec };
}

/** A process starts and finds this certificate of an earlier call; why it is refused, or what its message says in addition. */
async function ended(situation: Situation, subject: Subject): Promise<string> {
  const rig = new Rig({ ...situation, pca: { find: [finds({ subject })], issue: [issues()] } });
  rig.memories.of(uid).inherited(0);
  const decision = await rig.decide();
  if (decision.kind === 'failed') return decision.reason;
  return decision.kind === 'issued' ? decision.message.replace(/^.*PCA identifier pca-1\. ?/, '') : decision.kind;
}

const override = (subject?: object): object => ({ createCustomCertificate: subject === undefined ? {} : { subject } });
const defaults = (subjectDefaults?: object): object => ({
  operation: 'CreateServerCertificateWithCsr',
  createServerCertificateWithCsr: subjectDefaults === undefined ? {} : { subjectDefaults },
});
const kept = (subject: string, setting = 'spec.createCustomCertificate.subject'): string =>
  `Its subject is ${subject}, though the issuer asks for another one by now (${setting}): it was called for before that was set. The next certificate gets the subject of now.`;

const web1 = [{ CN: ['web'] }];
const oid = (type: string, value: string): object => ({ objectIdentifier: type, value });

test.each<[string, Stated, object, Subject, string]>([
  ['no setting was, and one is', web1, override({ commonName: 'all', organization: 'New' }), web1, kept('CN=web')],
  ['a setting was, and none is', web1, override(), [{ CN: ['web'] }, { O: ['Old'] }], kept('CN=web, O=Old')],
  [
    'a setting was, and another one is',
    web1,
    override({ commonName: 'all', organization: 'New' }),
    [{ O: ['Old'] }, { CN: ['all'] }],
    kept('O=Old, CN=all'),
  ],
  ['the request states no subject', [], override({ organization: 'New' }), [{ O: ['Old'] }], kept('O=Old')],
  [
    'a setting is for what the request states, and the certificate has what that states',
    [{ CN: ['web'] }, { O: ['Shop'] }],
    override({ commonName: 'web', organization: 'New' }),
    [{ CN: ['web'] }, { O: ['Shop'] }],
    kept('CN=web, O=Shop'),
  ],
  [
    'custom attributes are set',
    web1,
    override({ customAttributes: [oid('2.5.4.10', 'New'), oid('2.5.4.10', 'Newer'), oid('2.5.4.3', 'web')] }),
    [{ CN: ['web'] }, { O: ['New'] }],
    kept('CN=web, O=New'),
  ],
  [
    'the certificate has what the setting of now asks for',
    web1,
    override({ commonName: 'all' }),
    [{ CN: ['all'] }],
    '',
  ],
  [
    'a default of the service was not replaced yet',
    web1,
    defaults({ organization: 'New' }),
    [{ CN: ['web'] }, { O: ['Alibaba Inc.'] }],
    kept('CN=web, O=Alibaba Inc.', 'spec.createServerCertificateWithCsr.subjectDefaults'),
  ],
  [
    'a default is not set any more',
    web1,
    defaults(),
    [{ CN: ['web'] }, { C: ['CN'] }],
    kept('CN=web, C=CN', 'spec.createServerCertificateWithCsr.subjectDefaults'),
  ],
  ['it has another value of what the request states', web1, override(), [{ CN: ['all'] }], 'SubjectMismatch'],
  ['it lacks what the request states', web1, override(), [{ O: ['Old'] }], 'SubjectMismatch'],
  [
    'it has a further value of what the request states',
    web1,
    override(),
    [{ CN: ['web'] }, { CN: ['all'] }],
    'SubjectMismatch',
  ],
  [
    'it has another value than the request and the setting of now',
    web1,
    override({ commonName: 'all' }),
    [{ CN: ['somebody'] }],
    'SubjectMismatch',
  ],
  [
    'a default replaces nothing that is stated',
    web1,
    defaults({ commonName: 'all' }),
    [{ CN: ['all'] }],
    'SubjectMismatch',
  ],
  ['no setting can have made it', web1, defaults(), [{ CN: ['web'] }, { DC: ['shop'] }], 'SubjectMismatch'],
  [
    'the operation has no settings of the subject',
    web1,
    { operation: 'CreateCertificateWithExtension' },
    [{ CN: ['web'] }, { DC: ['shop'] }],
    'SubjectMismatch',
  ],
])('after a start: %s', async (_, stated, spec, subject, expected) => {
  expect(await ended(await asked(stated, spec), subject)).toBe(expected);
});

test('the certificate of an own call has the subject that was called for, whatever the settings are by now', async () => {
  const rig = new Rig({
    ...(await asked(web1, override({ organization: 'Old' }))),
    pca: {
      issue: [failed('OutcomeUnknown', { httpStatus: undefined })],
      find: [finds({ subject: [{ CN: ['web'] }] })],
    },
  });
  await rig.decide();
  const decision = await rig.decide();
  expect(decision.kind === 'failed' && decision.reason).toBe('SubjectMismatch');
});

test('the certificate in a status that somebody changed has to have the subject of now: anybody may have put it there', async () => {
  const before = await asked(web1, override());
  const texts: string[] = [];
  const taking = async (plan: IssuePlan): Promise<Issued> => {
    const reply = await replyTo(plan);
    texts.push(reply.certificate);
    return { kind: 'ok', reply, requestId: undefined };
  };
  await new Rig({ ...before, pca: { issue: [taking] } }).decide();
  const [request] = before.requests ?? [];
  if (request === undefined) throw new Error('There is no request.');
  const status = { ...request.status, certificate: Buffer.from(texts.join('')).toString('base64') };
  const rig = new Rig({
    ...before,
    spec: override({ organization: 'New' }),
    requests: [{ ...request, status }],
    pca: { find: [{ kind: 'absent' }], issue: [issues({ subject: [{ O: ['New'] }], identifier: 'new' })] },
  });
  const decision = await rig.decide();
  expect(decision.kind === 'issued' && decision.certificate.identifier).toBe('new');
});
