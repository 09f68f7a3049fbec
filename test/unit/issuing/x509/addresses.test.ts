// Texts that readers of addresses take for one, and the operation whose parameter does not say which of its values are.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAddress } from '../../../../src/issuing/x509/alternative-name.ts';
import { issuingOperations } from '../../../../src/issuing/operations/index.ts';
import { planIssuing } from '../../../../src/issuing/plan.ts';
import { makeCsr, makeHierarchy } from '../../../support/certificates.ts';
import { clusterUid, issuerSpec, issuingCA, now, signingRequest } from '../../../support/issuing.ts';

describe('reads as an address', () => {
  it.each([
    '10.0.0.1',
    '10.0.0.1.',
    ' 10.0.0.1 ',
    '10.0.0.0/8',
    '010.0.0.1',
    '10.1',
    '10',
    '1.2.3',
    '167772161',
    '0x0a000001',
    '0xA.0.0.1',
    '0x.0x.0.1',
    '256.1.1.1',
    '::1',
    '2001:db8::7',
    '[::1]',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '2001:db8::/32',
    'host:443',
  ])('%s', (text) => {
    expect(isAddress(text)).toBe(true);
  });

  it.each([
    'web.shop.svc',
    '10.0.0.1.nip.io',
    '1password.example',
    '0xcafe.example',
    '*.10.example',
    'a10',
    '10a',
    '1.2.3.4.5',
    '10-0-0-1.pod.cluster.local',
    'xn--fiqs8s',
    '*',
    '',
    '.',
  ])('not: %s', (text) => {
    expect(isAddress(text)).toBe(false);
  });

  it('every IPv4 and IPv6 address', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6());
    fc.assert(fc.property(address, (text) => isAddress(text)));
  });

  it('no public host name', () => {
    fc.assert(fc.property(fc.domain(), (name) => !isAddress(name)));
  });
});

const ca = issuingCA(await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z')));
const usages = ['digital signature', 'key encipherment'];
const profiles = { CreateServerCertificateWithCsr: ['server auth'], CreateCertificateWithExtension: ['server auth'] };

/** What the plan for a request with this DNS name comes to. */
async function planFor(operation: keyof typeof issuingOperations, value: string, names: 'Enforce' | 'Allow') {
  const csr = await makeCsr('P-256', { subject: [{ CN: ['web'] }], names: [{ kind: 'dns', value }] });
  const extended = (profiles as Partial<Record<string, readonly string[]>>)[operation] ?? ['client auth'];
  const request = signingRequest(csr, { usages: [...usages, ...extended] });
  const spec = issuerSpec({ operation, verification: { ...issuerSpec().verification, names } });
  return planIssuing({ request, spec, ca, clusterUid, now });
}

describe('a DNS name that reads as an address', () => {
  it.each(['Enforce', 'Allow'] as const)(
    'is refused before the call where names and addresses are one list, with names: %s',
    async (verification) => {
      expect(await planFor('CreateServerCertificateWithCsr', '10.0.0.46', verification)).toMatchObject({
        kind: 'refused',
        refusal: {
          reason: 'NameNotSupported',
          message:
            'spec.request: CreateServerCertificateWithCsr takes DNS names and IP addresses as one list, in which DNS 10.0.0.46 reads as an address. Give it as an IP address (in a Certificate: spec.ipAddresses), or remove it. Or use an issuer with spec.operation CreateCustomCertificate, which can.',
        },
      });
    },
  );

  it.each(Object.values(issuingOperations).map(({ action, capabilities }) => [action, capabilities.names] as const))(
    'is planned by %s only where its kind is told',
    async (action, { untyped }) => {
      const { kind } = await planFor(action as keyof typeof issuingOperations, '10.1', 'Enforce');
      expect(kind).toBe(untyped === true ? 'refused' : 'planned');
    },
  );

  it('does not stand for other names', async () => {
    expect((await planFor('CreateServerCertificateWithCsr', 'web.shop.svc', 'Enforce')).kind).toBe('planned');
  });
});

describe('a name in a list', () => {
  const lists = Object.values(issuingOperations).filter(
    ({ capabilities }) => capabilities.names.separator !== undefined,
  );
  const inCertificate = Object.values(issuingOperations).filter(
    ({ capabilities }) => capabilities.names.separator === undefined,
  );

  it.each(lists.map(({ action }) => action))(
    'of %s is refused with blanks around it, which readers drop',
    async (action) => {
      for (const value of [' a.example', 'a.example ', ' ']) {
        const planned = await planFor(action as keyof typeof issuingOperations, value, 'Allow');
        expect(planned).toMatchObject({
          kind: 'refused',
          refusal: {
            message: expect.stringContaining(
              `spec.request: ${action} takes names as one list, whose readers drop blanks around a name, so DNS ${value} (with its blanks) cannot be expressed.`,
            ) as string,
          },
        });
      }
    },
  );

  it.each(inCertificate.map(({ action }) => action))('is not what %s takes, so that blanks stay', async (action) => {
    expect((await planFor(action as keyof typeof issuingOperations, ' a.example', 'Enforce')).kind).toBe('planned');
  });

  it.each([
    'a@b.example',
    'a.example/b',
    'a b.example',
    'a.example%eth0',
    'a;b',
    '"a"',
    'a..b',
    '.a',
    '-',
    '*.*.a',
    '*',
  ])('without kinds is refused where it is no host name: %s', async (value) => {
    const { kind } = await planFor('CreateServerCertificateWithCsr', value, 'Allow');
    expect(kind).toBe(value === '-' ? 'planned' : 'refused');
  });

  it.each(['a', 'a_b.example', '*.a.example', 'a.example.', 'xn--fiqs8s.cn', '1.a', '-a.example'])(
    'without kinds is planned where it is one: %s',
    async (value) => {
      expect((await planFor('CreateServerCertificateWithCsr', value, 'Enforce')).kind).toBe('planned');
    },
  );

  it('without kinds holds nothing that a reader of URLs takes for an address', async () => {
    const text = fc.oneof(
      fc.stringMatching(/^[0-9a-fx.:[\]%/ ]{1,20}$/),
      fc
        .array(
          fc.oneof(
            fc.nat().map(String),
            fc.nat().map((n) => `0x${n.toString(16)}`),
            fc.nat().map((n) => `0${n.toString(8)}`),
          ),
          { minLength: 1, maxLength: 4 },
        )
        .map((parts) => parts.join('.')),
    );
    const property = fc.asyncProperty(text, async (value) => {
      const { kind } = await planFor('CreateServerCertificateWithCsr', value, 'Enforce');
      const host = URL.parse(`http://${value}/`)?.hostname ?? '';
      if (/^[\d.]+$|^\[/.test(host)) expect(kind).toBe('refused');
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
