// Calls that CreateCustomCertificate refuses: unknown, wrongly cased, missing and impossible parameters, CSRs and CAs.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { createParameters, makeCsr, signedCall } from './signed-call.ts';

const subject = 'ApiPassthrough.Subject';
const extensions = 'ApiPassthrough.Extensions';
const names = `${extensions}.SubjectAlternativeNames`;

let simulator: SimulatorHandle;
let csr: string;
beforeAll(async () => {
  simulator = await startSimulator();
  csr = (await makeCsr()).pem;
});
afterAll(() => simulator.close());

async function code(changes: Readonly<Record<string, string | undefined>>): Promise<unknown> {
  const parameters = Object.entries({ ...createParameters(csr), ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const { status, body } = await signedCall(simulator, 'CreateCustomCertificate', Object.fromEntries(parameters));
  return status === 200 ? 'issued' : body['Code'];
}

describe('CreateCustomCertificate refuses', () => {
  const rows: readonly (readonly [string, Readonly<Record<string, string | undefined>>, string])[] = [
    ['an unknown parameter', { Surprise: '1' }, 'InvalidParameter'],
    ['the custom identifier in capitals', { CustomIdentifier: 'a' }, 'InvalidParameter'],
    ['a parameter in another case', { immediately: '1' }, 'InvalidParameter'],
    ['a list member in another case', { [`${extensions}.extendedKeyUsages.1`]: 'serverAuth' }, 'InvalidParameter'],
    ['a list that begins at 0', { [`${extensions}.ExtendedKeyUsages.0`]: 'serverAuth' }, 'InvalidParameter'],
    ['a list with a gap', { [`${extensions}.ExtendedKeyUsages.2`]: 'serverAuth' }, 'InvalidParameter'],
    ['an index for a single value', { 'Csr.1': 'x' }, 'InvalidParameter'],
    ['a missing parent', { ParentIdentifier: undefined }, 'MissingParameter.ParentIdentifier'],
    ['a missing CSR', { Csr: undefined }, 'MissingParameter.Csr'],
    ['a missing validity', { Validity: undefined }, 'MissingParameter.Validity'],
    ['a tag without a key', { 'Tags.1.Value': 'v' }, 'MissingParameter.Key'],
    ['a name without a type', { [`${names}.1.Value`]: 'a.example.com' }, 'MissingParameter.Type'],
    ['a name without a value', { [`${names}.1.Type`]: 'dNSName' }, 'MissingParameter.Value'],
    ['an empty value', { [`${subject}.CommonName`]: '' }, 'InvalidParameter.CommonName'],
    ['Immediately 3', { Immediately: '3' }, 'InvalidParameter.Immediately'],
    ['Immediately as a word', { Immediately: 'true' }, 'InvalidParameter.Immediately'],
    ['EnableCrl 2', { EnableCrl: '2' }, 'InvalidParameter.EnableCrl'],
    ['a usage that is no boolean', { [`${extensions}.KeyUsage.KeyAgreement`]: '1' }, 'InvalidParameter.KeyAgreement'],
    ['a usage for CAs', { [`${extensions}.KeyUsage.KeyCertSign`]: 'true' }, 'InvalidParameter'],
    [
      'a name type in another case',
      { [`${names}.1.Type`]: 'DNSName', [`${names}.1.Value`]: 'a' },
      'InvalidParameter.Type',
    ],
    [
      'an undocumented name type',
      { [`${names}.1.Type`]: 'otherName', [`${names}.1.Value`]: 'a' },
      'InvalidParameter.Type',
    ],
    [
      'a critical basic constraint',
      { [`${extensions}.Criticals.1`]: 'BasicConstraints' },
      'InvalidParameter.Criticals',
    ],
    ['a serial number in hex', { [`${extensions}.SerialNumber`]: '0xff' }, 'InvalidParameter.SerialNumber'],
    [
      'an undocumented attribute',
      { [`${subject}.CustomAttributes.1.ObjectIdentifier`]: '1.2.3', [`${subject}.CustomAttributes.1.Value`]: 'x' },
      'InvalidParameter.ObjectIdentifier',
    ],
    ['a country of three letters', { [`${subject}.Country`]: 'CHN' }, 'InvalidParameter.Country'],
    ['a country of one letter', { [`${subject}.Country`]: 'C' }, 'InvalidParameter.Country'],
    [
      'an address that is none',
      { [`${names}.1.Type`]: 'iPAddress', [`${names}.1.Value`]: '10.0.0.256' },
      'InvalidParameter.ApiPassthrough',
    ],
    [
      'a DNS name with a space',
      { [`${names}.1.Type`]: 'dNSName', [`${names}.1.Value`]: 'a b' },
      'InvalidParameter.ApiPassthrough',
    ],
    ['an unknown purpose', { [`${extensions}.ExtendedKeyUsages.1`]: 'ServerAuth' }, 'InvalidParameter.ApiPassthrough'],
    ['DecipherOnly alone', { [`${extensions}.KeyUsage.DecipherOnly`]: 'true' }, 'InvalidParameter.ApiPassthrough'],
    ['an unknown CA', { ParentIdentifier: 'nobody' }, 'NotFound'],
    ['a root', { ParentIdentifier: 'sim-root-ecc' }, 'InvalidParameter.ParentIdentifier'],
    ['a compliance CA', { ParentIdentifier: 'sim-sub-compliance' }, 'InvalidParameter.ParentIdentifier'],
    ['a revoked CA', { ParentIdentifier: 'sim-sub-revoked' }, 'CertificateExpired'],
    ['a CA of another key family', { ParentIdentifier: 'sim-sub-rsa-2048' }, 'InvalidParameter.Csr'],
    ['a validity beyond the CA', { ParentIdentifier: 'sim-sub-short', Validity: '31d' }, 'InvalidParameter.Validity'],
    ['a validity of another form', { Validity: '12h' }, 'InvalidParameter.Validity'],
    ['text instead of a CSR', { Csr: 'x' }, 'InvalidParameter.Csr'],
  ];
  it.each(rows)('%s', async (_name, changes, expected) => {
    expect(await code(changes)).toBe(expected);
    expect(simulator.issued()).toEqual([]);
  });

  it('a tag too many', async () => {
    const tags = Array.from({ length: 101 }, (_, index) => [
      [`Tags.${index + 1}.Key`, `k${index}`],
      [`Tags.${index + 1}.Value`, 'v'],
    ]).flat();
    expect(await code(Object.fromEntries(tags) as Record<string, string>)).toBe('InvalidParameter.Tags');
  });

  it('a CSR whose signature was made over something else', async () => {
    const { der } = await makeCsr();
    const changed = Buffer.from(der);
    const at = changed.indexOf('csr.example.com');
    changed[at] = 'x'.charCodeAt(0);
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${changed.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(await code({ Csr: pem })).toBe('InvalidParameter.Csr');
  });

  it.each(['query', 'form'] as const)('a parameter that stands twice in the %s', async (placement) => {
    const changes = { placement, pairs: 'Identifier=sim-root-ecc&Identifier=sim-root-rsa' };
    const { body } = await signedCall(simulator, 'DescribeCACertificate', {}, changes);
    expect([body['Code'], body['Message']]).toEqual(['InvalidParameter', 'A parameter is given more than once.']);
  });
});

it('says which parameter was meant when only the case is wrong', async () => {
  const parameters = { ...createParameters(csr), CustomIdentifier: 'a' };
  const { body } = await signedCall(simulator, 'CreateCustomCertificate', parameters);
  expect(body['Message']).toBe(
    'The specified parameter "CustomIdentifier" is not valid. Did you mean "customIdentifier"?',
  );
});
