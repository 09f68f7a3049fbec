// cert-manager's conformance suite for Certificates (v1.21), in its order and under its names.
import { caWithoutSubject, ed25519, issued, longestLabel, sharedAddress, sharedUri } from './cases.ts';
import type { CertificateCase, OutOfReach, UntriedCase } from './cases.ts';

const ecdsa = { algorithm: 'ECDSA' } as const;

const ingress: OutOfReach = {
  kind: 'out of reach',
  because:
    "cert-manager's ingress-shim makes the Certificate; the suite runs it for ACME issuers with an ingress solver; `test/integration/cert-manager.test.ts` has it make one for an Ingress",
};
const gateway: OutOfReach = {
  kind: 'out of reach',
  because: "cert-manager's gateway-shim makes the Certificate, which needs the Gateway API in the cluster",
};

/** The cases that are tried. */
export const certificateCases: readonly CertificateCase[] = [
  {
    number: 1,
    name: 'should issue a basic, defaulted certificate for a single distinct DNS Name',
    spec: { dnsNames: ['case-1.example.com'] },
    result: issued,
  },
  {
    number: 2,
    name: 'should issue a CA certificate with the CA basicConstraint set',
    spec: { isCA: true, dnsNames: ['case-2.example.com'] },
    result: caWithoutSubject,
    instead: { isCA: true, commonName: 'Case 2 CA' },
  },
  {
    number: 3,
    name: 'should issue an ECDSA, defaulted certificate for a single distinct DNS Name',
    spec: { privateKey: ecdsa, dnsNames: ['case-3.example.com'] },
    result: issued,
  },
  {
    number: 4,
    name: 'should issue an Ed25519, defaulted certificate for a single distinct DNS Name',
    spec: { privateKey: { algorithm: 'Ed25519' }, dnsNames: ['case-4.example.com'] },
    result: ed25519,
  },
  {
    number: 5,
    name: 'should issue a basic, defaulted certificate for a single Common Name',
    spec: { commonName: 'test-common-name-5' },
    result: issued,
  },
  {
    number: 6,
    name: 'should issue a certificate with a couple valid otherName SAN values set as well as an emailAddress',
    spec: {
      commonName: 'someCN',
      emailAddresses: ['email@domain.test'],
      otherNames: ['upn@domain.test', 'upn@domain2.test'].map((utf8Value) => ({
        oid: '1.3.6.1.4.1.311.20.2.3',
        utf8Value,
      })),
    },
    result: {
      kind: 'refused',
      because: 'PCA has no parameter for names of the kind otherName',
      message:
        /^spec\.request: CreateCustomCertificate cannot express alternative names of the kind otherName, only dns, ip, email, uri\. Remove them from the Certificate\.$/,
    },
  },
  {
    number: 7,
    name: 'should issue a basic, defaulted certificate for a single distinct DNS Name with a literal subject',
    spec: {
      literalSubject: 'CN=*.case-7.foo-long.bar.com,OU=FooLong,OU=Bar,OU=Baz,OU=Dept.,O=Corp.',
      dnsNames: ['*.case-7.foo-long.bar.com'],
    },
    result: issued,
  },
  {
    number: 8,
    name: 'should issue an ECDSA, defaulted certificate for a single Common Name',
    spec: { privateKey: ecdsa, commonName: 'test-common-name-8' },
    result: issued,
  },
  {
    number: 9,
    name: 'should issue an Ed25519, defaulted certificate for a single Common Name',
    spec: { privateKey: { algorithm: 'Ed25519' }, commonName: 'test-common-name-9' },
    result: ed25519,
  },
  {
    number: 10,
    name: 'should issue a certificate that defines an IP Address',
    spec: { ipAddresses: [sharedAddress] },
    result: issued,
  },
  {
    number: 11,
    name: 'should issue a certificate that defines a DNS Name and IP Address',
    spec: { ipAddresses: [sharedAddress], dnsNames: ['case-11.example.com'] },
    result: issued,
  },
  {
    number: 12,
    name: 'should issue a certificate that defines a Common Name and IP Address',
    spec: { ipAddresses: [sharedAddress], commonName: 'test-common-name-12' },
    result: issued,
  },
  {
    number: 13,
    name: 'should issue a certificate that defines an Email Address',
    spec: { emailAddresses: ['alice@example.com'] },
    result: issued,
  },
  {
    number: 14,
    name: 'should issue a certificate that defines a Common Name and URI SAN',
    spec: { uris: [sharedUri], commonName: 'test-common-name-14' },
    result: issued,
  },
  {
    number: 15,
    name: 'should issue a certificate that defines a 2 distinct DNS Names with one copied to the Common Name',
    spec: { commonName: 'case-15.example.com', dnsNames: ['case-15.example.com', 'other-15.example.com'] },
    result: issued,
  },
  {
    number: 16,
    name: 'should issue a certificate that defines a distinct DNS Name and another distinct Common Name',
    spec: { commonName: 'case-16.example.com', dnsNames: ['other-16.example.com'] },
    result: issued,
  },
  {
    number: 17,
    name: 'should issue a certificate that defines a DNS Name and sets a duration',
    spec: { dnsNames: ['case-17.example.com'], duration: '896h' },
    result: issued,
  },
  {
    number: 18,
    name: 'should issue a certificate that defines a wildcard DNS Name',
    spec: { dnsNames: ['*.case-18.example.com'] },
    result: issued,
  },
  {
    number: 19,
    name: 'should issue a certificate that includes only a URISANs name',
    spec: { uris: [sharedUri] },
    result: issued,
  },
  {
    number: 20,
    name: 'should issue a certificate that includes arbitrary key usages',
    spec: {
      dnsNames: ['case-20.example.com'],
      usages: ['signing', 'data encipherment', 'server auth', 'client auth'],
    },
    result: issued,
  },
  {
    number: 21,
    name: 'should issue a certificate that defines a long domain',
    spec: { dnsNames: [`${longestLabel}.example.com`] },
    result: issued,
  },
  {
    number: 22,
    name: 'should issue a certificate that defines a wildcard DNS Name and its apex DNS Name',
    spec: { dnsNames: ['*.case-22.example.com', 'case-22.example.com'] },
    result: issued,
  },
  {
    number: 24,
    name: 'should issue another certificate with the same private key if the existing certificate and CertificateRequest are deleted',
    spec: { dnsNames: ['case-24.example.com'], privateKey: { rotationPolicy: 'Never' } },
    next: 'the certificate in the Secret is emptied',
    result: issued,
  },
  {
    number: 25,
    name: 'should allow updating an existing certificate with a new DNS Name',
    spec: { dnsNames: ['case-25.example.com'] },
    next: 'a DNS name is added',
    result: issued,
  },
];

/** The cases that are not. */
export const untriedCertificateCases: readonly UntriedCase[] = [
  {
    number: 23,
    name: 'should issue a certificate and populate ACME Renewal Information (ARI) in the Certificate status',
    result: { kind: 'out of reach', because: 'renewal information is a part of ACME' },
  },
  {
    number: 26,
    name: 'should issue a certificate for a single distinct DNS Name defined by an ingress with annotations',
    result: ingress,
  },
  {
    number: 27,
    name: 'should issue a certificate defined by an ingress with certificate field annotations',
    result: ingress,
  },
  {
    number: 28,
    name: 'Creating a Gateway with annotations for issuerRef and other Certificate fields',
    result: gateway,
  },
  { number: 29, name: '(second test of Gateways)', result: gateway },
  { number: 30, name: '(third test of Gateways)', result: gateway },
  {
    number: 31,
    name: '(test of ListenerSets)',
    result: { kind: 'out of reach', because: 'the suite runs it for ACME issuers with a ListenerSet solver' },
  },
];
