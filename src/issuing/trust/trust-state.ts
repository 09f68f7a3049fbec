// What an issuer has its clients trust over time: a certificate below which certificates were issued stays until the last of
// these has ended, whatever the issuer's CA is by then.
import type { IssuerSpec, IssuerStatus } from '../../crds/issuer.ts';
import { formatMoment } from '../../timing/moment.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import type { IssuingCA } from '../issuing-ca.ts';
import { fingerprintOf, readCertificate } from '../x509/certificate.ts';
import type { ReadCertificate } from '../x509/certificate.ts';
import { showName } from '../x509/distinguished-name.ts';
import { readCertificatePems } from '../x509/pem.ts';
import { shownText } from '../x509/shown-text.ts';
import { bundlePem } from './bundle.ts';
import type { Anchors } from './anchors.ts';

/** What is trusted, as an issuer's status has it; where it is published is left to others. */
export type TrustState = Omit<NonNullable<IssuerStatus['trust']>, 'configMap'>;

/** What the next state is made of. */
export interface TrustInput {
  /** The issuer's status before; only it survives a restart. */
  readonly status: Pick<IssuerStatus, 'ca' | 'trust'> | undefined;
  readonly anchors: Anchors;
  readonly ca: Pick<IssuingCA, 'notAfter'>;
  readonly spec: IssuerSpec;
  readonly now: Date;
  /** Not all CAs of the issuer could be asked: what stands and is not former stays as it is. */
  readonly isPartial?: boolean;
}

type Entry = TrustState['certificates'][number];

interface Trusted {
  readonly certificate: ReadCertificate;
  readonly entry: Entry;
}

// As many as the status of an issuer holds.
const mostCertificates = 64;
const longestSubject = 1024;
// The clocks of the service and the cluster may differ, and a call may have been under way when the CA changed.
const marginMs = 86_400_000;

/** Whether clients are to trust this certificate for what is issued now; a former one may be gone too soon for that. */
export function isTrustedNow(
  { certificates }: Pick<TrustState, 'certificates'>,
  certificate: ReadCertificate,
): boolean {
  const fingerprint = fingerprintOf(certificate);
  return certificates.some(({ sha256Fingerprint, former }) => sha256Fingerprint === fingerprint && former !== true);
}

/** The next state; undefined where there would be more certificates than a status holds. */
export function nextTrust(input: TrustInput): TrustState | undefined {
  const { status, anchors, spec, now } = input;
  const present = trustedBy(status?.trust);
  const of = (certificate: ReadCertificate): Entry | undefined =>
    present.find((other) => other.certificate.der.equals(certificate.der))?.entry;
  const current = anchors.trusted.map((certificate) => ({
    certificate,
    entry: currentEntry(certificate, of(certificate), input),
  }));
  // Who names the certificates names all of them: that is how one is taken out early.
  const former = spec.trust.source === 'Static' ? [] : present.flatMap((trusted) => formerOf(trusted, input));
  const all = [
    ...current,
    ...former.filter((each) => !current.some(({ certificate }) => certificate.der.equals(each.certificate.der))),
  ];
  if (all.length > mostCertificates) return undefined;
  const longest = longestLifetime(status, spec);
  return {
    bundle: bundlePem(all.map(({ certificate }) => certificate)),
    certificates: all.map(({ entry }) => entry),
    ...(longest === undefined ? {} : { longestLifetime: formatDuration(longest) }),
  };

  function currentEntry(certificate: ReadCertificate, before: Entry | undefined, { ca }: TrustInput): Entry {
    const own = certificate.facts.notAfter;
    const isUsed = anchors.verifying.includes(certificate);
    const earlier = momentOf(before?.neededUntil);
    // Which CA signs a CA certificate is decided by the bought instance, so nothing else is known of its end.
    const end = spec.externalCA === undefined ? ca.notAfter : own;
    const until = isUsed ? latest(earlier, earliest(own, end)) : earlier;
    return {
      ...described(certificate),
      ...(until === undefined ? {} : { neededUntil: formatMoment(until) }),
    };
  }

  function formerOf({ certificate, entry }: Trusted, { status: before, isPartial }: TrustInput): readonly Trusted[] {
    if (isPartial === true && entry.former !== true) return [{ certificate, entry }];
    const needed = momentOf(entry.neededUntil);
    if (needed === undefined) return [];
    const lifetime = secondsOf(before?.trust?.longestLifetime);
    const last = lifetime === undefined ? needed : new Date(now.getTime() + lifetime * 1_000 + marginMs);
    const until = entry.former === true ? needed : earliest(needed, last);
    if (until <= now) return [];
    return [{ certificate, entry: { ...described(certificate), neededUntil: formatMoment(until), former: true } }];
  }
}

/** Seconds that a certificate could live at the longest so far; undefined where only the CA limits, or has limited, that. */
function longestLifetime(status: TrustInput['status'], spec: IssuerSpec): number | undefined {
  const { validity, verification } = spec;
  const own = verification.validity === 'Enforce' ? secondsOf(validity.maxDuration) : undefined;
  const isNew = status?.ca === undefined && status?.trust === undefined;
  const before = isNew ? 0 : secondsOf(status.trust?.longestLifetime);
  return own === undefined || before === undefined ? undefined : Math.max(own, before);
}

/** The certificates that a status holds; what cannot be read, or is not described, is none. */
function trustedBy(trust: IssuerStatus['trust']): readonly Trusted[] {
  if (trust === undefined) return [];
  const entries = new Map(trust.certificates.map((entry) => [entry.sha256Fingerprint, entry]));
  return (readCertificatePems(trust.bundle) ?? []).flatMap((der) => {
    const read = readCertificate(der);
    const entry = read.kind === 'ok' ? entries.get(fingerprintOf(read.value)) : undefined;
    return read.kind === 'ok' && entry !== undefined ? [{ certificate: read.value, entry }] : [];
  });
}

function described(certificate: ReadCertificate): Entry {
  const { facts } = certificate;
  return {
    sha256Fingerprint: fingerprintOf(certificate),
    subject: shownText(showName(facts.subject.attributes), longestSubject),
    notAfter: formatMoment(facts.notAfter),
  };
}

function secondsOf(duration: string | undefined): number | undefined {
  const parsed = duration === undefined ? undefined : parseDuration(duration);
  return parsed?.kind === 'ok' ? parsed.seconds : undefined;
}

function momentOf(text: string | undefined): Date | undefined {
  const moment = text === undefined ? undefined : new Date(text);
  return moment === undefined || Number.isNaN(moment.getTime()) ? undefined : moment;
}

function earliest(one: Date, other: Date): Date {
  return one < other ? one : other;
}

function latest(one: Date | undefined, other: Date): Date {
  return one === undefined || one < other ? other : one;
}
