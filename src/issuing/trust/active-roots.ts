// The active root CAs of an account, as PCA lists them.
import type { IssueCall, ListPage } from '../operation.ts';
import { asIdentifier, asText, pageSize, readListPage } from '../reply-body.ts';
import { isIssuedBy, isSelfIssued } from '../x509/certificate.ts';
import type { ReadCertificate } from '../x509/certificate.ts';
import { readCertificates } from '../x509/certificate-chain.ts';

/** A listed CA; `root` is undefined where it is no root that can be trusted now, or one with keys of another family. */
export interface ListedRoot {
  readonly identifier: string;
  readonly root: ReadCertificate | undefined;
}

const action = 'DescribeCACertificateList';

/** The call for a page, from 1, of the active roots (Alibaba: DescribeCACertificateList, API 2020-06-30). */
export function listRootsCall(page: number): IssueCall {
  const filters = { CertType: 'root', CaStatus: 'issue', ValidStatus: 'valid' };
  const parameters = { ...filters, CurrentPage: String(page), ShowSize: String(pageSize) };
  return { action, version: '2020-06-30', parameters };
}

/** Reads a page: of what it lists, the roots with keys of this family (RSA or ECC) that are active and valid. */
export function readRoots(body: unknown, keyFamily: string, now: Date): ListPage<ListedRoot> {
  return readListPage(action, body, 'CertificateList', (entry) => {
    const identifier = asIdentifier(entry['Identifier']);
    if (identifier === undefined) return undefined;
    // The filters are the service's business; what it makes of them is looked at again.
    const isWanted =
      asText(entry['Status']) === 'ISSUE' &&
      asText(entry['CertificateType']) === 'ROOT' &&
      asText(entry['Algorithm']) === keyFamily;
    return { identifier, root: isWanted ? rootIn(asText(entry['X509Certificate']), now) : undefined };
  });
}

function rootIn(text: string | undefined, now: Date): ReadCertificate | undefined {
  const read = text === undefined ? undefined : readCertificates([text]);
  const [root] = read?.kind === 'ok' ? read.certificates : [];
  if (root === undefined || !isSelfIssued(root) || !isIssuedBy(root, root)) return undefined;
  return root.facts.notBefore <= now && now < root.facts.notAfter ? root : undefined;
}
