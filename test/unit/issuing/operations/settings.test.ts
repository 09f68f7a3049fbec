// Settings that no certificate can be issued under, and the field of the issuer behind a parameter that PCA refuses.
import { describe, expect, it } from 'vitest';
import { findAction } from '../../../../simulator/actions/index.ts';
import type { IssuerSpec } from '../../../../src/crds/issuer.ts';
import type { IssuingOperation } from '../../../../src/issuing/operation.ts';
import { externalCACertificate } from '../../../../src/issuing/operations/external-ca-certificate.ts';
import { issuingOperations } from '../../../../src/issuing/operations/index.ts';
import { settingBehind, settingsFault } from '../../../../src/issuing/operations/settings.ts';
import { makeCsr } from '../../../support/certificates.ts';
import { issuerSpec, signingRequest } from '../../../support/issuing.ts';

const attribute = (objectIdentifier: string, value: string): Partial<IssuerSpec> => ({
  createCustomCertificate: { subject: { customAttributes: [{ objectIdentifier, value }] } },
});
const validity = (changes: object): Partial<IssuerSpec> => ({
  validity: { ...issuerSpec().validity, ...changes },
});

describe('settings that no certificate can be issued under', () => {
  it.each<[string, Partial<IssuerSpec>, string]>([
    [
      'a country that is a word',
      attribute('2.5.4.6', 'China'),
      'spec.createCustomCertificate.subject: C has 5 characters, X.520 allows 2; shorten it.',
    ],
    [
      'an identifier that DER cannot hold',
      attribute('1.99.1', 'a'),
      'spec.createCustomCertificate.subject: 1.99.1 is no object identifier that a certificate can hold. Correct it.',
    ],
    [
      'a default that is too long',
      {
        operation: 'CreateServerCertificateWithCsr',
        createServerCertificateWithCsr: { subjectDefaults: { organization: 'o'.repeat(65) } },
      },
      'spec.createServerCertificateWithCsr.subjectDefaults: O has 65 characters, X.520 allows 64; shorten it.',
    ],
    [
      'a default of the warehouse that is too long',
      {
        operation: 'CreateWHClientCertificate',
        createWHClientCertificate: { subjectDefaults: { country: 'CHN' } },
      },
      'spec.createWHClientCertificate.subjectDefaults: C has 3 characters, X.520 allows 2; shorten it.',
    ],
    [
      'a backdate that is no duration',
      validity({ backdate: 'soon' }),
      'spec.validity.backdate: "soon" is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m. Correct it.',
    ],
    [
      'a longest duration that is negative',
      validity({ maxDuration: '-1h' }),
      'spec.validity.maxDuration: it is negative. Correct it.',
    ],
    [
      'limits that exclude each other',
      validity({ minDuration: '48h', maxDuration: '24h' }),
      'spec.validity.minDuration: 48h0m0s is longer than spec.validity.maxDuration 24h0m0s, so no duration fits. Correct one of them.',
    ],
    [
      'a patience that is no duration',
      { patience: { duration: 'long', onExceeded: 'Report' } },
      'spec.patience.duration: "long" is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m. Correct it.',
    ],
  ])('%s', (_, changes, message) => {
    const fault = settingsFault(issuerSpec(changes));
    expect(`${fault?.field}: ${fault?.message}`).toBe(message);
  });

  it.each<[string, Partial<IssuerSpec>]>([
    ['the defaults', {}],
    ['a subject of the issuer', attribute('2.5.4.6', 'CN')],
    ['a large second number under 2', attribute('2.999.1', 'a')],
    ['equal limits', validity({ minDuration: '24h', maxDuration: '24h' })],
    [
      'settings of an operation that is not used',
      { operation: 'CreateServerCertificateWithCsr', ...attribute('2.5.4.6', 'China') },
    ],
  ])('are not: %s', (_, changes) => {
    expect(settingsFault(issuerSpec(changes))).toBeUndefined();
  });
});

const withCountry = signingRequest(await makeCsr('P-256', { subject: [{ C: ['DE'] }, { CN: ['web'] }] }));
const {
  CreateCustomCertificate: custom,
  CreateServerCertificateWithCsr: server,
  CreateWHClientCertificate: warehouse,
  CreateCertificateWithExtension: extension,
} = issuingOperations;
const subjectDefaults = { country: 'CN', organization: 'Example' };
const spec = issuerSpec({
  createServerCertificateWithCsr: { subjectDefaults },
  createWHClientCertificate: { subjectDefaults },
});

describe('the field of the issuer behind', () => {
  it.each<[string, IssuingOperation, string | undefined]>([
    ['InvalidParameter.ParentIdentifier', custom, 'spec.parentIdentifier'],
    ['MissingParameter.ParentIdentifier', extension, 'spec.parentIdentifier'],
    ['InvalidParameter.parentIdentifier', warehouse, 'spec.parentIdentifier'],
    ['InvalidParameter.ResourceGroupId', custom, 'spec.createCustomCertificate.resourceGroupId'],
    ['InvalidParameter.ResourceGroupId', server, 'spec.createServerCertificateWithCsr.resourceGroupId'],
    ['InvalidParameter.ResourceGroupId', warehouse, undefined],
    ['InvalidParameter.Tags', custom, 'spec.createCustomCertificate.tags'],
    ['InvalidParameter.Tags.1.Key', server, 'spec.createServerCertificateWithCsr.tags'],
    ['InvalidParameter.TagsOfAnotherKind', server, undefined],
    ['InvalidParameter.EnableCrl', custom, 'spec.createCustomCertificate.enableCrl'],
    ['InvalidParameter.ApiPassthrough.Subject.Country', custom, 'spec.createCustomCertificate.subject'],
    ['InvalidParameter.ApiPassthrough.Extensions.Criticals.1', custom, 'spec.createCustomCertificate.criticals'],
    ['InvalidParameter.ApiPassthrough', custom, undefined],
    ['InvalidParameter.AliasName', extension, 'spec.createCertificateWithExtension.aliasName'],
    ['InvalidParameter.AppendCrl', extension, 'spec.createCertificateWithExtension.appendCrl'],
    ['InvalidParameter.InstanceId', externalCACertificate, 'spec.externalCA.instanceIds'],
    ['InvalidParameter.InstanceId', custom, undefined],
    // The request has a country of its own, so the default is not sent.
    ['InvalidParameter.Country', server, undefined],
    ['InvalidParameter.Organization', server, 'spec.createServerCertificateWithCsr.subjectDefaults.organization'],
    ['InvalidParameter.Organization', warehouse, 'spec.createWHClientCertificate.subjectDefaults.organization'],
    // Nobody sets it.
    ['MissingParameter.Locality', server, undefined],
    ['InvalidParameter.Csr', custom, undefined],
    ['InvalidParameter.Validity', custom, undefined],
    ['InvalidParameter', custom, undefined],
    ['MissingParameter', custom, undefined],
    ['ParseCertificateFailed', custom, undefined],
    ['InvaildParameterSource', custom, undefined],
  ])('%s', (code, operation, field) => {
    expect(settingBehind(code, operation, spec, withCountry)).toBe(field);
  });
});

it.each([...Object.values(issuingOperations), externalCACertificate].map((each) => [each.action, each] as const))(
  'the parameters that the issuer sets for %s are documented ones',
  (_, { action, version, settings }) => {
    const found = findAction(action, version);
    if (found === undefined || found === 'WrongVersion') throw new Error(`the simulator has no ${action}`);
    const names = found.parameters.map(({ name }) => `${name}.`);
    const unknown = settings.filter(
      ({ parameter }) => !names.some((name) => name.startsWith(`${parameter}.`) || `${parameter}.`.startsWith(name)),
    );
    expect(unknown).toEqual([]);
  },
);
