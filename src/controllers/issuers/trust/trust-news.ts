// What is told of a change of what clients must trust: somebody may have to carry a root to where nobody reads it from the cluster.
import { shownList, shownText } from '../../../issuing/x509/shown-text.ts';
import type { TrustStatus } from './issuer-trust.ts';

/** `isToBeTrusted`: something is new, which clients need. */
export interface TrustNews {
  readonly isToBeTrusted: boolean;
  readonly text: string;
}

type Entry = TrustStatus['certificates'][number];

// An event holds 1,024 bytes.
const longestSubject = 64;
const mostShown = 3;

/** The news of a change; undefined where there is none, and of an issuer's first bundle, which takes the place of nothing. */
export function trustNews(before: TrustStatus | undefined, after: TrustStatus | undefined): TrustNews | undefined {
  if (before === undefined || after === undefined) return undefined;
  const fresh = after.certificates.filter((entry) => find(before, entry) === undefined);
  const former = after.certificates.filter((entry) => entry.former === true && find(before, entry)?.former !== true);
  const left = before.certificates.filter((entry) => find(after, entry) === undefined);
  if (fresh.length + former.length + left.length === 0) return undefined;
  const sentences = [
    `What clients must trust has changed in ${placesOf(after)}.`,
    ...told('New', fresh.map(shown)),
    ...told('Former', former.map(shownWithEnd)),
    ...told('Taken out', left.map(shown)),
    ...(fresh.length > 0 ? ['Give what is new to clients that do not read it there.'] : []),
  ];
  return { isToBeTrusted: fresh.length > 0, text: sentences.join(' ') };
}

function told(what: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [`${what}: ${shownList(items, mostShown)}.`];
}

function find({ certificates }: TrustStatus, { sha256Fingerprint }: Entry): Entry | undefined {
  return certificates.find((entry) => entry.sha256Fingerprint === sha256Fingerprint);
}

function placesOf({ configMap }: TrustStatus): string {
  if (configMap === undefined) return 'status.trust of the issuer';
  const { namespace, name, key } = configMap;
  return `status.trust of the issuer and ConfigMap "${namespace}/${name}" (key "${key}")`;
}

function shown({ subject, sha256Fingerprint }: Entry): string {
  return `"${shownText(subject, longestSubject)}" (SHA-256 ${sha256Fingerprint})`;
}

function shownWithEnd(entry: Entry): string {
  return entry.neededUntil === undefined ? shown(entry) : `${shown(entry)} until ${entry.neededUntil}`;
}
