// What PCA answers to an issuing call in these tests: the certificate that the plan asks for, but for the changes of a case.
import type { Found, Issued } from '../../../../src/authority/certificate-authority.ts';
import type { IssueReply } from '../../../../src/issuing/operation.ts';
import type { IssuePlan } from '../../../../src/issuing/plan.ts';
import { issue } from '../../../support/certificates.ts';
import type { TestCA, TestContent } from '../../../support/certificates.ts';
import { caContent, hierarchy, spkiOf, webContent } from '../characterization/material.ts';

type IssuedReply = Extract<IssueReply, { readonly kind: 'issued' }>;

/** How a certificate differs from what was asked for. */
export interface Changes {
  readonly content?: Omit<TestContent, 'subject'>;
  readonly subject?: Parameters<typeof issue>[1]['subject'];
  /** Label of another key pair. */
  readonly key?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly ca?: TestCA;
  /** The text in the place of the certificate. */
  readonly text?: string;
  /** What comes with it; the CA and its root when not given. */
  readonly chain?: readonly string[];
  readonly identifier?: string | undefined;
}

/** The certificate for the plan. */
export async function replyTo({ expected, request }: IssuePlan, changes: Changes = {}): Promise<IssuedReply> {
  const certificate = await issue(changes.ca ?? hierarchy.issuing, {
    spki: changes.key === undefined ? expected.spki : await spkiOf('P-256', changes.key),
    subject: changes.subject ?? request.csr.subject.der,
    content: changes.content ?? (expected.isCA ? caContent : webContent),
    notBefore: changes.notBefore ?? expected.notBefore,
    notAfter: changes.notAfter ?? expected.notAfter,
  });
  const { chain = [hierarchy.issuing.pem, hierarchy.root.pem] } = changes;
  const identifier = 'identifier' in changes ? changes.identifier : 'pca-1';
  return { kind: 'issued', identifier, certificate: changes.text ?? certificate, chain, serialNumber: undefined };
}

/** PCA issues it. */
export function issues(changes: Changes = {}): (plan: IssuePlan) => Promise<Issued> {
  return async (plan) => ({ kind: 'ok', reply: await replyTo(plan, changes), requestId: 'R1' });
}

/** PCA has it of an earlier call. */
export function finds(changes: Changes = {}): (wanted: { readonly plan: IssuePlan }) => Promise<Found> {
  return async ({ plan }) => ({ kind: 'found', reply: await replyTo(plan, changes) });
}

/** PCA answers without a certificate. */
export function answers(reply: Exclude<IssueReply, IssuedReply>): Issued {
  return { kind: 'ok', reply, requestId: 'R1' };
}
