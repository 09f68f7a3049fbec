// From what was seen to what is to be done, in both directions. Pure.
import { describeIssuer, issuerKey, referencedIssuer } from '../crds/issuer-ref.ts';
import type { IssuerReference } from '../crds/cert-manager.ts';
import { apiGroup, issuerKind } from '../crds/issuer.ts';
import { formatMoment } from '../timing/moment.ts';
import type { Facts, FoundCertificate } from './facts.ts';
import { incumbentGroup, incumbentKinds } from './incumbent.ts';
import type { IncumbentIssuer } from './incumbent.ts';
import { certificateIn, nameDifferences } from './kept-certificate.ts';
import { mapIssuer } from './mapping.ts';
import type { CertificateStep, IssuerStep, Steps } from './steps.ts';

/** The way to this operator. */
export function judgeMigration(facts: Facts): Steps {
  const issuers = facts.incumbents.map((incumbent) => issuerStep(incumbent, facts));
  const certificates = facts.certificates
    .filter(({ issuerRef, isHeld }) => issuerRef.group === incumbentGroup || (isHeld && issuerRef.group === apiGroup))
    .map((certificate) => judgeCertificate(certificate, targetOf(certificate, issuers)));
  return { issuers, certificates };
}

/** The way back. */
export function judgeUndoing(facts: Facts): Steps {
  const certificates = facts.certificates
    .filter(({ migratedFrom, isHeld }) => migratedFrom !== undefined || isHeld)
    .map((certificate) => judgeCertificate(certificate, originOf(certificate, facts.incumbents)));
  const issuers = facts.ours
    .filter(({ isMigrated }) => isMigrated)
    .map((issuer): IssuerStep => {
      const users = facts.certificates.filter(
        ({ issuerRef, namespace }) =>
          issuerRef.group === apiGroup && keyOf(issuerRef, namespace) === issuerKey(issuer.identity),
      );
      const staying = users.find(({ migratedFrom }) => migratedFrom === undefined);
      const step = { issuer: issuer.identity, from: undefined, action: 'delete', uid: issuer.uid, notes: [] } as const;
      return staying === undefined
        ? { ...step, state: 'planned' }
        : {
            ...step,
            state: 'refused',
            why: `Certificate ${staying.namespace}/${staying.name} refers to it and was never moved. Change its issuerRef, or keep the issuer.`,
          };
    });
  return { issuers, certificates };
}

function keyOf(reference: IssuerReference, namespace: string): string | undefined {
  const identity = referencedIssuer(reference, namespace);
  return identity === undefined ? undefined : issuerKey(identity);
}

function issuerStep(incumbent: IncumbentIssuer, { ours }: Facts): IssuerStep {
  const { namespace, name } = incumbent;
  const kind = issuerKind(incumbent.kind.becomes);
  if (kind === undefined) throw new Error(`${incumbent.kind.becomes} is no kind of issuer.`);
  const issuer = { kind, namespace, name };
  const from = { kind: incumbent.kind, namespace, name };
  const present = ours.find(({ identity }) => issuerKey(identity) === issuerKey(issuer));
  if (present !== undefined) {
    const isSame = present.parentIdentifier === incumbent.spec.parentIdentifier;
    const kept = { issuer, from, action: 'keep', notes: [] } as const;
    return isSame
      ? { ...kept, state: 'planned' }
      : {
          ...kept,
          state: 'refused',
          why: `It exists already, with another CA: ${present.parentIdentifier ?? '(none)'}. Delete or rename it, or move the Certificates by hand.`,
        };
  }
  const mapped = mapIssuer(incumbent);
  const step = { issuer, from, action: 'create' } as const;
  return mapped.kind === 'mapped'
    ? { ...step, spec: mapped.spec, notes: mapped.notes, state: 'planned' }
    : { ...step, notes: [], state: 'refused', why: mapped.why };
}

type Target = { readonly to: IssuerReference } | { readonly why: string };

/** The issuer that takes the place of the one that a Certificate refers to. */
function targetOf({ issuerRef, namespace, isHeld }: FoundCertificate, issuers: readonly IssuerStep[]): Target {
  if (isHeld && issuerRef.group === apiGroup) return { to: issuerRef };
  const kind = incumbentKinds.find((each) => each.kind === issuerRef.kind);
  if (kind === undefined) {
    return {
      why: `Its issuerRef.kind is ${JSON.stringify(issuerRef.kind ?? '')}, which the group ${incumbentGroup} does not have. Correct it.`,
    };
  }
  const to = { group: apiGroup, kind: kind.becomes, name: issuerRef.name };
  const step = issuers.find(({ issuer }) => issuerKey(issuer) === keyOf(to, namespace));
  if (step === undefined)
    return { why: `It refers to ${kind.kind} "${issuerRef.name}", which does not exist. Correct it.` };
  return step.state === 'refused' ? { why: `${describeIssuer(step.issuer)} is refused.` } : { to };
}

/** The issuer that a Certificate came from. */
function originOf(
  { issuerRef, migratedFrom, namespace }: FoundCertificate,
  incumbents: readonly IncumbentIssuer[],
): Target {
  // Undoing began with it, and did not end.
  if (migratedFrom === undefined) return { to: issuerRef };
  const isThere = incumbents.some(
    (issuer) =>
      issuer.kind.kind === migratedFrom.kind &&
      issuer.name === migratedFrom.name &&
      (issuer.namespace === undefined || issuer.namespace === namespace),
  );
  if (isThere) return { to: migratedFrom };
  return {
    why: `It came from ${migratedFrom.kind ?? ''} "${migratedFrom.name}", which does not exist any more. Make that again first.`,
  };
}

function judgeCertificate(certificate: FoundCertificate, target: Target): CertificateStep {
  const refused = (why: string): CertificateStep => ({
    certificate,
    to: 'to' in target ? target.to : undefined,
    action: 'move',
    state: 'refused',
    why,
  });
  if ('why' in target) return refused(target.why);
  const { owner, isReady, isIssuing, hasFailed, isHeld, chain, names, secretName } = certificate;
  if (owner !== undefined) {
    return refused(
      `${owner} made it, and would write its issuerRef back. Change the issuer there; cert-manager then asks the new one for a certificate.`,
    );
  }
  if (isIssuing) return refused('cert-manager is issuing it at this moment. Run this again when it is Ready.');
  if (!isHeld && (!isReady || hasFailed)) return { certificate, to: target.to, action: 'reissue', state: 'planned' };
  if (chain.kind === 'hidden') return refused(`Its Secret cannot be read: the right to ${chain.right} is missing.`);
  if (chain.kind === 'unanswered') return refused(`Its Secret cannot be read: ${chain.why}`);
  const kept = certificateIn(chain.kind === 'seen' ? chain.value : undefined);
  if (kept === undefined) return refused(`Its Secret ${secretName} holds no certificate that can be read.`);
  const differences = nameDifferences(kept, names);
  if (differences.length > 0) {
    return refused(
      `The certificate in its Secret differs from ${differences.join(', ')}, so cert-manager would issue it anew. Have it renewed first: cmctl renew ${certificate.name} -n ${certificate.namespace}.`,
    );
  }
  const { serialNumber, notAfter } = kept.facts;
  return {
    certificate,
    to: target.to,
    action: 'move',
    keeps: { serialNumber, notAfter: formatMoment(notAfter) },
    state: 'planned',
  };
}
