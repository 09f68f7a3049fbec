// cert-manager's words for usages, written down without any code of the operator.

/** By bit of the extension KeyUsage (RFC 5280 §4.2.1.3). */
export const keyUsageWords = [
  'digital signature',
  'content commitment',
  'key encipherment',
  'data encipherment',
  'key agreement',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
];

/** By identifier; those of cert-manager that tests ask for. */
export const extendedUsageWords: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'server auth',
  '1.3.6.1.5.5.7.3.2': 'client auth',
  '1.3.6.1.5.5.7.3.4': 'email protection',
  '2.5.29.37.0': 'any',
};
