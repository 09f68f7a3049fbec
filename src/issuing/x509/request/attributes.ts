// What a request may carry besides its name and key. What is not understood does not pass silently: extensions and attributes
// that are not listed here are refused, those that are listed as harmless are left to the CA (docs/adr/0004-csr-and-leaf-with-our-own-der-reader.md).
import { childrenOf, DerError, derTags, expectTag, oidOf, sequenceOf, wrappedIn } from '../der.ts';
import type { DerElement } from '../der.ts';
import { extensionIds, extensionsById } from '../extensions.ts';
import type { Extension } from '../extensions.ts';
import { checkWellFormed } from '../well-formed.ts';

/** The attribute that holds the extensions which are asked for (RFC 2986, PKCS #9). */
const extensionRequest = '1.2.840.113549.1.9.14';
const microsoftExtensions = '1.3.6.1.4.1.311.2.1.14';
const applicationPolicies = '1.3.6.1.4.1.311.21.10';

/** Attributes that say nothing about the contents of a certificate, and who writes them. */
export const harmlessAttributes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.9.2': 'unstructuredName (network devices)',
  '1.2.840.113549.1.9.7': 'challengePassword (OpenSSL, SCEP)',
  '1.2.840.113549.1.9.8': 'unstructuredAddress (network devices)',
  '1.2.840.113549.1.9.20': 'friendlyName (Java, NSS)',
  '1.2.840.113549.1.9.21': 'localKeyId (Java, NSS)',
  '1.3.6.1.4.1.311.13.2.2': 'enrollment CSP (Windows)',
  '1.3.6.1.4.1.311.13.2.3': 'OS version (Windows)',
  '1.3.6.1.4.1.311.21.20': 'client information (Windows)',
};

/** Extensions without effect on who may do what with a certificate, and who asks for them; only where not critical. */
export const harmlessExtensions: Readonly<Record<string, string>> = {
  '2.5.29.14': 'subject key identifier (Java, Windows, OpenSSL): the CA writes its own',
  '2.5.29.35': 'authority key identifier (OpenSSL): the CA writes its own',
  '1.2.840.113549.1.9.15': 'S/MIME capabilities (Windows)',
  '1.3.6.1.4.1.311.20.2': 'certificate template name (Windows)',
  '1.3.6.1.4.1.311.21.7': 'certificate template (Windows)',
  [applicationPolicies]: 'application policies (Windows), if they repeat the extended key usages',
  '2.16.840.1.113730.1.1': 'Netscape certificate type (OpenSSL)',
  '2.16.840.1.113730.1.13': 'Netscape comment (OpenSSL)',
};

const readExtensions: readonly string[] = [
  extensionIds.alternativeNames,
  extensionIds.keyUsage,
  extensionIds.extendedKeyUsage,
  extensionIds.basicConstraints,
  extensionIds.nameConstraints,
];

// Those that users ask for on purpose.
const knownNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.1.24': 'TLS feature, "must staple"',
  '1.3.6.1.5.5.7.1.1': 'authority information access',
  '1.3.6.1.5.5.7.48.1.5': 'OCSP no check',
  '2.5.29.31': 'CRL distribution points',
  '2.5.29.32': 'certificate policies',
};

// A request has two or three.
const mostAttributes = 100;

/** The extensions that the list of attributes asks for; for use inside decodeDer(). */
export function requestedExtensionsOf(list: DerElement): ReadonlyMap<string, Extension> {
  const attributes = childrenOf(list);
  if (attributes.length > mostAttributes) throw new DerError(`there are more than ${mostAttributes} attributes`);
  const requested = attributes.flatMap((attribute) => {
    const { type, values } = attributeOf(attribute);
    if (type === extensionRequest) return values;
    if (Object.hasOwn(harmlessAttributes, type)) {
      for (const value of values) checkWellFormed(value, `the value of attribute ${type}`);
      return [];
    }
    throw new DerError(
      type === microsoftExtensions
        ? `it asks for extensions in the attribute ${type}, which cert-manager does not read; ask for them in ${extensionRequest}`
        : `it has the attribute ${type}, which nothing here understands; leave it out`,
    );
  });
  if (requested.length > 1) throw new DerError('extensions are requested twice');
  const extensions = extensionsById(requested[0]);
  for (const [id, { critical }] of extensions) checkExtension(id, critical);
  checkPolicies(extensions);
  return extensions;
}

/** To Windows, application policies count instead of the extended usages, so they may ask for nothing else. */
function checkPolicies(extensions: ReadonlyMap<string, Extension>): void {
  const policies = extensions.get(applicationPolicies);
  if (policies === undefined) return;
  const usages = extensions.get(extensionIds.extendedKeyUsage);
  const what = 'the list of application policies';
  const allowed =
    usages === undefined ? [] : sequenceOf(wrappedIn(usages.value, what), what).map((id) => oidOf(id, what));
  for (const policy of sequenceOf(wrappedIn(policies.value, what), what)) {
    const [id, ...rest] = sequenceOf(policy, what);
    if (rest.length > 0 || !allowed.includes(oidOf(id, what)))
      throw new DerError('its application policies are not among its extended key usages; leave them out');
  }
}

function attributeOf(attribute: DerElement): { readonly type: string; readonly values: readonly DerElement[] } {
  const [id, set, ...rest] = sequenceOf(attribute, 'an attribute');
  const type = oidOf(id, 'the type of an attribute');
  const values = childrenOf(expectTag(set, derTags.set, `the value of attribute ${type}`));
  if (rest.length > 0 || values.length === 0) throw new DerError(`attribute ${type} has the wrong number of parts`);
  return { type, values };
}

function checkExtension(id: string, critical: boolean): void {
  if (readExtensions.includes(id) || (Object.hasOwn(harmlessExtensions, id) && !critical)) return;
  const name = Object.hasOwn(knownNames, id) ? ` (${knownNames[id] ?? ''})` : critical ? ', marked critical' : '';
  throw new DerError(`it asks for the extension ${id}${name}, which PCA cannot be asked for; leave it out`);
}
