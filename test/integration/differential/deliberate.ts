// What Go takes and we refuse, each with the reason: a reader that decides what is paid for may ask for more than one that shows.

/** One kind of refusal. `fault`: what is said about it. */
export interface DeliberateRefusal {
  readonly fault: RegExp;
  readonly reason: string;
}

const der = 'it is not DER, so that somebody who writes it anew, or reads it otherwise, has other contents';
const superfluous = 'Go passes over what follows the parts that it knows, and others may not';

/** Of requests; the same is written down in docs/adr/0004-csr-and-leaf-with-our-own-der-reader.md. */
export const refusedRequests: readonly DeliberateRefusal[] = [
  { fault: /has a control character/, reason: 'readers cut names off at NUL, and terminals obey the others' },
  {
    fault: /is not text of a type that cert-manager reads/,
    reason: 'Go has no text for it, so no approver saw what is issued',
  },
  {
    fault: /has characters that its type of string does not have/,
    reason: 'Go cuts off the NUL at the end of a BMPString',
  },
  { fault: /is not valid UTF/, reason: 'Go has no text for types of strings with such values' },
  { fault: /^an attribute of the subject (?:has too many parts|has the wrong type)/, reason: superfluous },
  {
    fault: /^a (?:dns|email|uri) name is (?:empty|not printable ASCII)/,
    reason: 'such a name means nothing, or shows what it is not',
  },
  {
    fault: /^a uri name is not an absolute URI/,
    reason: 'Go shows approvers another text than the one that would be issued',
  },
  { fault: /^an alternative name is of no known kind/, reason: 'Go passes over it silently' },
  { fault: /^the list of alternative names is empty/, reason: 'RFC 5280 asks for one name at least' },
  { fault: /^extension (?:extendedKeyUsage|keyUsage) names no usage/, reason: 'RFC 5280 asks for one usage at least' },
  { fault: /^extension \w+ (?:does not hold exactly one element|has too many parts)/, reason: superfluous },
  { fault: /^the path length of basicConstraints/, reason: 'no path is that long, and Go reads negative ones as none' },
  { fault: /^name constraints are in no operation/, reason: 'no operation can be asked for name constraints' },
  { fault: /^it asks for the extension/, reason: 'what is not understood does not pass silently' },
  { fault: /^the list of application policies /, reason: 'Go does not look into every part of an extension' },
  { fault: /^its application policies are not/, reason: 'to Windows they count instead of the extended usages' },
  { fault: /^it has the attribute/, reason: 'what is not understood does not pass silently' },
  { fault: /^it asks for extensions in the attribute/, reason: 'OpenSSL reads these extensions, Go does not' },
  {
    fault: /^extensions are requested twice/,
    reason: 'Go joins several requests for extensions, others read the first or the last',
  },
  {
    fault:
      /^(?:an attribute|attribute [\d.]+|the type of an attribute|the value of attribute [\d.]+) (?:has|is|contains)/,
    reason: 'Go passes over attributes that are malformed, others may not',
  },
  {
    fault:
      /^(?:a length is not written minimally|an element has|an element is longer|the bytes end too early|elements are nested)/,
    reason: der,
  },
  {
    fault: /^(?:an extension|extension [\d.]+|the critical flag of extension [\d.]+|the type of an extension) /,
    reason: superfluous,
  },
  { fault: /^the (?:request|body|public key|RSA key|list of attributes) (?:has|does) /, reason: superfluous },
  { fault: /^the signature is not a whole number of octets/, reason: 'Go shifts its bits' },
  { fault: /^the version is/, reason: 'there is only one version' },
  {
    fault: /^the algorithm of the signature has/,
    reason: 'the field is not under the signature, so it may hold nothing further',
  },
  { fault: /^it is signed with/, reason: 'SHA-1 is broken; Go takes it in requests only' },
  { fault: /^the public key is not a valid key/, reason: 'node:crypto, which checks the signature, refuses the key' },
];

/** Of certificates. */
export const refusedCertificates: readonly DeliberateRefusal[] = [
  ...refusedRequests,
  { fault: /^an attribute of the issuer (?:has too many parts|has the wrong type)/, reason: superfluous },
  { fault: /^the (?:validity|certificate|extensions|list of extensions) ha(?:s|ve) /, reason: superfluous },
  { fault: /^the body of the certificate has parts that its version does not have/, reason: superfluous },
  { fault: /^not(?:Before|After) is not a time/, reason: 'RFC 5280 allows one form: to the second, in UTC' },
  { fault: /^the version is not 1, 2 or 3/, reason: superfluous },
  { fault: /^a unique identifier is not a bit string/, reason: 'Go passes over what nobody uses, and others may not' },
  { fault: /^the algorithm of the signature is not/, reason: superfluous },
  { fault: /^the public key is of a kind/, reason: 'Go reads DSA and X25519 keys, but verifies nothing with them' },
  {
    fault: /^extension nameConstraints has a name that is none/,
    reason: 'quoted mailboxes are not read, nor numbers in place of hosts',
  },
  { fault: /^extension [A-Za-z]+ (?:has|is) /, reason: 'Go does not look into every part of an extension' },
  { fault: /^the RSA key |^the public key /, reason: superfluous },
];
