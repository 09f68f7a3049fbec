// What a check comes to: the issuer as issuing needs it, or the reason and the words of its condition.
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PcaAuthority } from '../../../../src/authority/certificate-authority.ts';
import type { AuthorityReason } from '../../../../src/authority/problems.ts';
import { checkFailed, notUnderstood } from '../../../../src/controllers/issuers/check.ts';
import { issuerReasons } from '../../../../src/controllers/issuers/reasons.ts';
import type { IssuerProblem, IssuerReason } from '../../../../src/controllers/issuers/reasons.ts';
import { judgeFailure, judgeReply } from '../../../../src/controllers/requests/signing/outcome.ts';
import { PublishedBundle } from '../../../../src/controllers/issuers/trust/published-bundle.ts';
import { readIssuer } from '../../../../src/crds/issuer-reading.ts';
import type { KubernetesResult } from '../../../../src/kubernetes/failure.ts';
import { makeCA } from '../../../support/certificates.ts';
import { issuingCA, now, reply } from '../../../support/issuing.ts';
import { stage, strange } from '../../authority/authority-stage.ts';
import { answered, never, pcaFailure, refused } from '../../authority/pca-double.ts';
import { checked, checkParts, describedWith } from './check-stage.ts';
import type { Found } from './check-stage.ts';
import { hierarchy, issuerObject, read, readyIssuer, unserved } from './objects.ts';
import { rulesOf } from './tenancy/rules.ts';

/** Something that leads to a reason, and words that its message has. */
interface Row {
  readonly found?: Found;
  /** Where issuing meets it, and not the check. */
  readonly issuing?: () => IssuerProblem | undefined;
  /** Where no check is made, or none comes to an end. */
  readonly unchecked?: IssuerProblem | undefined;
  readonly says: string;
}

const identifier = '1ed4068c-6f1b-6deb-8e32-3f8439a851cb';
const country = { customAttributes: [{ objectIdentifier: '2.5.4.6', value: 'China' }] };
const rrsa = { credentials: { rrsa: {} } };
const withAccount = {
  credentials: {
    serviceAccountRef: {
      name: 'pca',
      roleArn: 'acs:ram::9:role/a',
      oidcProviderArn: 'acs:ram::9:oidc-provider/p',
    },
  },
};

const unsigning = await makeCA('P-256', {
  name: 'Unsigning',
  from: new Date('2026-01-01T00:00:00Z'),
  until: new Date('2036-01-01T00:00:00Z'),
  keyUsages: ['cRLSign'],
});

const fromConfigMap = { trust: { source: 'Static', certificatesFrom: { name: 'roots' } } };
const place = { namespace: 'shop', name: 'roots', key: 'ca.crt' };

/** Every reason but Checked: a new one without a row does not compile. */
const rows: Readonly<Record<Exclude<IssuerReason, 'Checked'> | AuthorityReason, Row>> = {
  SecretNotFound: { found: { secret: unserved('NotFound') }, says: 'Secret "shop/access-key"' },
  SecretForbidden: { found: { secret: unserved('Forbidden') }, says: 'resources ["secrets"], verbs ["get"]' },
  SecretUnreadable: { found: { secret: unserved('Transient') }, says: 'the API server says no' },
  SecretInvalid: {
    found: { secret: read({ metadata: { resourceVersion: '7' }, data: {} }) },
    says: 'holds no usable access key',
  },
  ServiceAccountNotFound: {
    found: { issuer: issuerObject(withAccount), secret: unserved('NotFound') },
    says: 'ServiceAccount "shop/pca", named by spec.credentials.serviceAccountRef, does not exist.',
  },
  ServiceAccountForbidden: {
    found: {
      issuer: issuerObject(withAccount),
      secret: read({ metadata: { uid: 'u1' } }),
      described: refused('Permission', { service: 'Kubernetes', code: 'TokenRequestForbidden' }),
    },
    says: 'PCA says no. The role is spec.credentials.serviceAccountRef.roleArn "acs:ram::9:role/a", taken by ServiceAccount "pca", which spec.credentials.serviceAccountRef names.',
  },
  ServiceAccountUnreadable: {
    found: {
      issuer: issuerObject(withAccount),
      secret: read({ metadata: { uid: 'u1' } }),
      described: refused('Transient', { service: 'Kubernetes' }),
    },
    says: 'It is named by spec.credentials.serviceAccountRef. It is tried again automatically.',
  },
  MetadataUnavailable: {
    found: {
      issuer: issuerObject({ credentials: { ecsRole: {} } }, {}),
      described: refused('Transient', { service: 'Metadata' }),
    },
    says: 'The metadata service of the ECS instance gives the credentials of spec.credentials.ecsRole.',
  },
  EndpointNotAllowed: {
    found: { issuer: issuerObject({ endpoint: { host: 'refused.example' } }) },
    says: `spec.endpoint.host names "refused.example", which is none of the hosts that issuers may name.`,
  },
  IssuerNotAllowed: {
    found: { rules: rulesOf({ name: 'teams', namespaces: ['team-*'] }) },
    says: 'The administrator has no rule for AlibabaPCAIssuers of namespace "shop", so none is allowed.',
  },
  CredentialsNotAllowed: { found: { issuer: issuerObject(rrsa) }, says: '--issuer-ambient-credentials' },
  IdentityNotConfigured: { found: { issuer: issuerObject(rrsa, {}) }, says: 'Set rrsa.enabled in the Helm values' },
  CredentialsInvalid: { found: { described: refused('Credentials') }, says: 'The access key comes from Secret "' },
  PermissionDenied: { found: { described: refused('Permission') }, says: 'The RAM identity' },
  IssuingCAUnusable: { found: { described: refused('IssuingCA') }, says: 'The CA is spec.parentIdentifier "ca"' },
  IssuingCAIsRoot: {
    found: { described: describedWith({ CertificateType: 'ROOT' }) },
    says: `CA "${identifier}" is a root CA`,
  },
  OperationRefusedByCA: { found: { described: describedWith({ IssuerType: 'iTrusChina' }) }, says: 'compliance CA' },
  IssuingCAKeyNotSupported: { found: { described: describedWith({ Algorithm: 'SM2' }) }, says: 'a key of family SM2' },
  IssuingCANotActive: { found: { described: describedWith({ Status: 'REVOKE' }) }, says: 'Status REVOKE' },
  IssuingCAExpired: {
    found: { described: describedWith({ AfterDate: Date.UTC(2026, 10, 22) }) },
    says: 'expired at 2026-11-22T00:00:00Z',
  },
  IssuingCAPathInvalid: {
    found: { described: describedWith({ X509Certificate: unsigning.pem }) },
    says: `clients would refuse every certificate of CA "${identifier}": the certificate of CA "CN=Unsigning" may not sign certificates (its keyUsage lacks keyCertSign).`,
  },
  IssuingCANotYetValid: {
    found: { described: describedWith({ BeforeDate: Date.UTC(2026, 10, 23) }) },
    says: 'is not valid before 2026-11-23T00:00:00Z',
  },
  IssuingCAExhausted: {
    found: { described: describedWith({ CertRemainingCount: 0 }) },
    says: 'no certificates left',
  },
  CapacityExhausted: { issuing: () => met(pcaFailure('Capacity')), says: 'PCA says no.' },
  ActionUnavailable: {
    issuing: () => met(pcaFailure('ActionUnavailable')),
    says: 'Set spec.operation to CreateCustomCertificate.',
  },
  PCAUnavailable: {
    found: { described: refused('Transient') },
    says: 'PCA could not be asked about CA "ca": PCA says no. The issuer is checked again automatically',
  },
  STSUnavailable: {
    found: { described: refused('Transient', { service: 'STS' }) },
    says: 'STS gives the credentials for the calls to PCA. It is the one of spec.stsEndpoint',
  },
  InvalidSettings: {
    found: { issuer: issuerObject({ createCustomCertificate: { subject: country } }) },
    says: 'spec.createCustomCertificate.subject: C has 5 characters, X.520 allows 2; shorten it.',
  },
  UnreadableAnswer: {
    found: { described: answered({}) },
    says: 'PCA described CA "ca" in a form that cannot be read: the answer to DescribeCACertificate holds no certificate (RequestId R-1).',
  },
  CertificateRefused: {
    issuing: () => {
      const { plan } = stage();
      const judged = { plan, issuer: readyIssuer(), now, adopted: false, requestId: 'R-1' };
      const outcome = judgeReply(reply(strange), judged);
      return outcome.kind === 'refused' ? outcome.mismatch?.problem : undefined;
    },
    says: 'is not what was asked for',
  },
  TrustUnavailable: {
    found: { issuer: issuerObject(fromConfigMap), trusted: unserved('NotFound') },
    says: 'ConfigMap "shop/roots", named by spec.trust.certificatesFrom, does not exist. Create it',
  },
  TrustInvalid: {
    found: {
      issuer: issuerObject(fromConfigMap),
      trusted: read({ metadata: { resourceVersion: '8' }, data: { 'ca.crt': hierarchy.issuing.pem } }),
    },
    says: `None of the certificates that spec.trust.certificatesFrom gives is the root of CA "ca", "CN=Test Root P-256" (SHA-256 `,
  },
  ConfigMapForbidden: {
    unchecked: await publishedWith(unserved('Forbidden')),
    says: '(Helm: add the namespace to configMapAccess.',
  },
  ConfigMapTaken: {
    unchecked: await publishedWith(read({ metadata: { resourceVersion: '8' } })),
    says: 'and this issuer did not make it, so it is left as it is.',
  },
  ConfigMapNotWritten: { unchecked: await publishedWith(unserved('Transient')), says: 'Nothing is issued until it is' },
  SpecNotUnderstood: {
    unchecked: notUnderstood(readIssuer({ ...issuerObject(), spec: { operation: 'CreateFromTheFuture' } })),
    says: 'does not understand the issuer: spec.parentIdentifier is required., spec.operation must be one of CreateCustomCertificate,',
  },
  CheckFailed: { unchecked: checkFailed(new TypeError('secret')), says: 'A defect of the operator (TypeError) kept' },
};

function derOf(pem: string): Buffer {
  return new X509Certificate(pem).raw;
}

/** What publishing meets where the API server answers so to everything. */
async function publishedWith(answer: KubernetesResult<unknown>): Promise<IssuerProblem | undefined> {
  const always = async <T>() => answer as KubernetesResult<T>;
  const bundle = new PublishedBundle({ get: always, create: always, patch: always, delete: always }, 'test');
  return bundle.publish(issuerObject(), place, 'PEM', never);
}

/** The fault of an issuer with a withdrawn operation that this failure of an issuing call is. */
function met(failure: ReturnType<typeof pcaFailure>): IssuerProblem | undefined {
  const { spec } = issuerObject({ operation: 'CreateCertificateWithExtension' });
  const { plan } = stage({ spec });
  const outcome = judgeFailure(failure, { plan, issuer: readyIssuer({ spec }), call: 'issuing' });
  return outcome.kind === 'issuerFault' ? outcome.problem : undefined;
}

async function problemOf({ found, issuing, unchecked }: Row): Promise<IssuerProblem | undefined> {
  if (unchecked !== undefined) return unchecked;
  if (found === undefined) return issuing?.();
  const result = await checked(found);
  return result.kind === 'notReady' ? result.problem : undefined;
}

describe('the reason', () => {
  it.each(Object.entries(rows))('%s is met', async (reason, row) => {
    expect(await problemOf(row)).toEqual({ reason, message: expect.stringContaining(row.says) });
  });

  it('has a meaning in the documentation wherever it is met', () => {
    expect(Object.keys(issuerReasons).sort()).toEqual(['Checked', ...Object.keys(rows)].sort());
  });
});

describe('an issuer that is ready', () => {
  it('has everything that issuing needs', async () => {
    const issuer = issuerObject();
    const { check, pca } = checkParts({});
    const result = await check.check(issuer, never);
    const root: unknown = expect.objectContaining({ der: derOf(hierarchy.root.pem) });
    const expected = { uid: 'u1', generation: 1, spec: issuer.spec, ca: issuingCA(hierarchy), credentialsVersion: '7' };
    expect(result).toEqual({
      kind: 'ready',
      issuer: {
        ...expected,
        authority: expect.any(PcaAuthority),
        trust: { anchors: { trusted: [root], verifying: [root] }, given: [], version: '' },
      },
    });
    expect(pca.seen).toEqual(['DescribeCACertificate ca']);
    if (result.kind !== 'ready') return;
    expect(await result.issuer.authority.target('ListCert')).toEqual({
      limit: { account: '42', region: 'cn-hangzhou', action: 'ListCert' },
      endpoint: 'HTTPS cas.aliyuncs.com',
    });
  });

  it('is ready when its account is known or cannot be', async () => {
    const account = Promise.withResolvers<string>();
    let isOver = false;
    const checking = checked({ account: account.promise }).finally(() => (isOver = true));
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    account.resolve('42');
    expect((await checking).kind).toBe('ready');
  });
});

describe('a check that fails', () => {
  it('tells of the CA where PCA described it', async () => {
    const fields = { Status: 'REVOKE' };
    const found = { described: describedWith(fields) };
    expect(await checked(found)).toEqual(expect.objectContaining({ ca: issuingCA(hierarchy, fields) }));
    expect(await checked({ described: refused('Permission') })).toEqual(expect.objectContaining({ ca: undefined }));
  });

  it('says that an answer had no RequestId', async () => {
    const result = await checked({ described: { kind: 'ok', body: {}, requestId: undefined } });
    expect(result.kind === 'notReady' ? result.problem.message : '').toContain('(RequestId unknown)');
  });

  it('ends with its signal, which makes it nothing worse than PCA being away', async () => {
    const { signal } = new AbortController();
    const signals: AbortSignal[] = [];
    const described: Found['described'] = (_call, given) => {
      signals.push(given);
      return refused('Cancelled');
    };
    const result = await checked({ described, signal });
    expect([result.kind === 'notReady' ? result.problem.reason : '', signals]).toEqual(['PCAUnavailable', [signal]]);
  });

  it('reads and sends nothing for an issuer that no rule allows, and hands on what one allows', async () => {
    const reads: string[] = [];
    const of = (namespaces: string): Found => ({
      rules: rulesOf({ name: 'r', namespaces: [namespaces], limits: { certificatesPerDay: 5 } }),
      onRead: (path) => void reads.push(path),
    });
    const { check, pca } = checkParts(of('team-*'));
    const refusal = await check.check(issuerObject(), never);
    expect([refusal.kind === 'notReady' ? refusal.problem.reason : '', reads, pca.calls]).toEqual([
      'IssuerNotAllowed',
      [],
      [],
    ]);
    const allowed = await checked(of('shop'));
    expect([allowed.kind === 'ready' ? allowed.issuer.allowance : undefined, reads]).toEqual([
      { rule: 'r', contact: 'pki@example.com', lifetime: undefined, certificatesPerDay: 5 },
      ['/api/v1/namespaces/shop/secrets/access-key'],
    ]);
  });

  it.each([
    ['without the flag', { namespace: 'shop' }, {}, 'have the administrator start the operator'],
    [
      'never mind the environment',
      {},
      { ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::42:role/pod' },
      'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
    ],
  ])("makes no call with the operator's own identity %s", async (_, metadata, environment, says) => {
    const { check, pca } = checkParts({ environment });
    const result = await check.check(issuerObject(rrsa, metadata), never);
    expect([result.kind === 'notReady' ? result.problem.message : '', pca.calls]).toEqual([
      expect.stringContaining(says),
      [],
    ]);
  });
});
