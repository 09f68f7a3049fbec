// Judges what istiod asks for and which roots it hands out, against the issuers that it uses. Pure.
import { describeIssuer, issuerKey } from '../../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../../crds/issuer-ref.ts';
import { parseDuration } from '../../issuing/duration.ts';
import type { Facts, IssuerFacts, IstiodFacts, MeshSigner } from '../facts.ts';
import { error, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { unseen } from '../finding.ts';
import { everyIssuer } from './issuers.ts';

type Issuers = readonly IssuerFacts[];

/** Everything about every istiod. */
export function judgeMesh({ mesh, issuers: known, now }: Pick<Facts, 'mesh' | 'issuers' | 'now'>): readonly Finding[] {
  if (mesh === undefined) return [];
  if (mesh.kind !== 'seen') return mesh.kind === 'absent' ? [] : [unseen('mesh-roots', 'istiod', mesh)];
  const issuers = everyIssuer(known);
  return mesh.value.flatMap((istiod) => {
    const findings = [
      ...rootFindings(istiod, issuers),
      ...handedOutFindings(istiod, issuers),
      ...lifetimeFindings(istiod, { issuers, now }),
      ...approvalFindings(istiod),
    ];
    return findings.length > 0
      ? findings
      : [ok('mesh-roots', nameOf(istiod), 'Its roots, lifetimes and rights fit its issuers.')];
  });
}

function nameOf({ deployment: { namespace, name } }: IstiodFacts): string {
  return `istiod ${namespace}/${name}`;
}

function issuerOf(identity: IssuerIdentity | undefined, issuers: Issuers): IssuerFacts | undefined {
  return identity === undefined ? undefined : issuers.find((each) => issuerKey(each.identity) === issuerKey(identity));
}

/** What meshConfig.caCertificates says for the signer of workloads, against the root of its issuer. */
function rootFindings(istiod: IstiodFacts, issuers: Issuers): readonly Finding[] {
  const { workloads, usesKubernetesSigner, trusted } = istiod;
  const about = nameOf(istiod);
  const kubernetes = usesKubernetesSigner
    ? [
        error(
          'mesh-roots',
          about,
          "K8S_SIGNER is set: istiod may hand out the CA of the Kubernetes cluster as the mesh's root.",
          'Unset it; set CERT_SIGNER_DOMAIN and ISTIO_META_CERT_SIGNER instead (docs/mesh/istio.md).',
        ),
      ]
    : [];
  if (workloads === undefined) return kubernetes;
  if (trusted.kind === 'hidden' || trusted.kind === 'unanswered')
    return [...kubernetes, unseen('mesh-roots', about, trusted)];
  return [...kubernetes, ...entryFindings(workloads, trusted.kind === 'seen' ? trusted.value : {}, { about, issuers })];
}

function entryFindings(
  { signerName, issuer }: MeshSigner,
  trusted: Readonly<Record<string, readonly string[] | 'broken'>>,
  { about, issuers }: { readonly about: string; readonly issuers: Issuers },
): readonly Finding[] {
  const entry = Object.hasOwn(trusted, signerName) ? trusted[signerName] : undefined;
  const setting = `meshConfig.caCertificates for ${signerName}`;
  if (entry === undefined) {
    return [
      error(
        'mesh-roots',
        about,
        `There is no ${setting}: workloads take the subordinate CA for the root of the mesh.`,
        'Add the root above spec.parentIdentifier there (docs/mesh/istio.md).',
      ),
    ];
  }
  if (entry === 'broken') {
    return [
      error(
        'mesh-roots',
        about,
        `${setting} holds a certificate that cannot be read.`,
        'Copy the root again, with its first and last line.',
      ),
    ];
  }
  const facts = issuerOf(issuer, issuers);
  const missing = (facts?.roots ?? []).filter((root) => !entry.includes(root));
  if (facts === undefined || missing.length === 0) return [];
  const found = `${setting} lacks the root of ${describeIssuer(facts.identity)} with the SHA-256 fingerprint ${missing.join(', ')}: workloads do not trust each other's certificates.`;
  return [
    error(
      'mesh-roots',
      about,
      found,
      'Put that root there: ca.crt of any Certificate of the issuer, or the ConfigMap of spec.trust.publishTo. Keep the old one until the last certificate below it has ended.',
    ),
  ];
}

/** The root that istiod hands out where it is a CA below PCA. */
function handedOutFindings(istiod: IstiodFacts, issuers: Issuers): readonly Finding[] {
  const facts = issuerOf(istiod.intermediate, issuers);
  const { handedOut } = istiod;
  if (facts === undefined || handedOut.kind === 'absent' || facts.roots.length === 0) return [];
  const about = nameOf(istiod);
  if (handedOut.kind !== 'seen') return [unseen('mesh-roots', about, handedOut)];
  if (facts.roots.every((root) => handedOut.value.includes(root))) return [];
  const found = `ConfigMap istio-ca-root-cert has another root than ${describeIssuer(facts.identity)}: istiod made one of its own before the Secret cacerts was there, or still has an old one.`;
  return [
    error(
      'mesh-roots',
      about,
      found,
      'Restart istiod when the Certificate cacerts is Ready, then the workloads; moving a running mesh takes both roots for a while (docs/mesh/istio.md).',
    ),
  ];
}

/** What is asked for, against the bounds of the issuer. */
function lifetimeFindings(
  istiod: IstiodFacts,
  { issuers, now }: { readonly issuers: Issuers; readonly now: Date },
): readonly Finding[] {
  return istiod.lifetimes.flatMap(({ setting, duration, of }) => {
    const facts = issuerOf((of === 'own' ? istiod.own : istiod.workloads)?.issuer, issuers);
    const asked = secondsOf(duration);
    if (facts?.issuer.spec === undefined || asked === undefined) return [];
    const bound = exceeded(asked, facts, now);
    if (bound === undefined) return [];
    const about = nameOf(istiod);
    const found = `It asks for ${duration} (${setting}), ${bound.text} of ${describeIssuer(facts.identity)}.`;
    const todo = `Lower ${setting}, or change the issuer (docs/mesh/istio.md).`;
    return bound.isClamped
      ? [warning('mesh-lifetime', about, `${found} Certificates are shortened, and renewed the more often.`, todo)]
      : [
          error(
            'mesh-lifetime',
            about,
            `${found} Every such request is refused.`,
            bound.isShort ? `Raise ${setting}, or change the issuer.` : todo,
          ),
        ];
  });
}

interface Bound {
  readonly text: string;
  readonly isClamped: boolean;
  readonly isShort?: true;
}

/** The bound that the lifetime does not keep. */
function exceeded(asked: number, { issuer: { spec, status } }: IssuerFacts, now: Date): Bound | undefined {
  const { maxDuration, minDuration, onExceed } = spec?.validity ?? {};
  const isClamped = onExceed === 'Clamp';
  if (asked > (secondsOf(maxDuration) ?? Number.POSITIVE_INFINITY))
    return { text: `more than the ${maxDuration} of spec.validity.maxDuration`, isClamped };
  if (asked < (secondsOf(minDuration) ?? 0))
    return { text: `less than the ${minDuration} of spec.validity.minDuration`, isClamped: false, isShort: true };
  return beyondEnd(asked, { end: status?.ca?.notAfter ?? '', isClamped, now });
}

function beyondEnd(
  asked: number,
  { end, isClamped, now }: { readonly end: string; readonly isClamped: boolean; readonly now: Date },
): Bound | undefined {
  const latest = Date.parse(end);
  if (Number.isNaN(latest) || now.getTime() + asked * 1_000 <= latest) return undefined;
  return { text: `which goes beyond ${end}, the end of the CA`, isClamped };
}

function secondsOf(duration: string | undefined): number | undefined {
  const read = duration === undefined ? undefined : parseDuration(duration);
  return read?.kind === 'ok' ? read.seconds : undefined;
}

function approvalFindings(istiod: IstiodFacts): readonly Finding[] {
  const { mayApprove, serviceAccount, deployment } = istiod;
  if (mayApprove === undefined) return [];
  const about = `ServiceAccount ${deployment.namespace}/${serviceAccount}`;
  const { allowed, right } = mayApprove;
  if (allowed.kind === 'hidden' || allowed.kind === 'unanswered') return [unseen('mesh-approval', about, allowed)];
  if (allowed.kind === 'seen' && allowed.value) return [];
  return [
    error(
      'mesh-approval',
      about,
      `istiod may not approve requests for ${right.name ?? ''}, so it gets no certificate for any workload.`,
      `Set global.certSigners of Istio's chart to [${right.name ?? ''}].`,
    ),
  ];
}
