// A user's way to each reason of an issuer, read in its condition Ready.
import type { IssuerReason } from '../../../src/controllers/issuers/reasons.ts';
import { makeCA, makeHierarchy } from '../../support/certificates.ts';
import type { CAContent, TestHierarchy } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import { issuerApiVersion, secret } from '../../support/world.ts';
import { unreadableDuration } from './defect.ts';
import { newerOperation } from './newer-crds.ts';
import { hierarchy, issued, madeCA, pca } from './stage.ts';
import type { Replies, Scene, Stage } from './stage.ts';

const day = 86_400_000;
const roleArn = 'acs:ram::1234567890123456:role/pca-issuer';

/** Status, reason and message of Ready, once it has the reason. */
async function told(stage: Stage, reason: IssuerReason, reference = stage.issuerReference): Promise<string> {
  const found = await stage.world.cluster.waitFor(reference, `Ready for the reason ${reason}`, (object) =>
    conditionsOf(object).some((condition) => condition.type === 'Ready' && condition.reason === reason),
  );
  const ready = conditionsOf(found).find(({ type }) => type === 'Ready');
  return `${ready?.status ?? ''}: ${ready?.message ?? ''}`;
}

/** Steps: an issuer with this spec. */
function applying(reason: IssuerReason, spec: Readonly<Record<string, unknown>>) {
  return async (stage: Stage): Promise<string> => {
    await stage.world.cluster.apply(stage.world.issuer(stage.namespace, pca, spec));
    return told(stage, reason);
  };
}

/** Steps: an issuer whose PCA answers so when it is asked about the CA. */
function describedBy(reason: IssuerReason, replies: () => Replies | Promise<Replies>) {
  return async (stage: Stage): Promise<string> =>
    applying(reason, { endpoint: await stage.endpoint(await replies()) })(stage);
}

/** Steps: an issuer whose CA is this one. */
function ofCA(
  reason: IssuerReason,
  cas: () => Promise<TestHierarchy>,
  changes: Readonly<Record<string, unknown>> = {},
) {
  return describedBy(reason, async () => madeCA(cas(), async () => ({ code: 'InternalError' }), changes));
}

/** Steps: an issuer that is ready, until a request meets this answer. */
function issuingMeets(reason: IssuerReason, code: string, spec: Readonly<Record<string, unknown>> = {}) {
  return async (stage: Stage): Promise<string> => {
    await stage.issuerOf({ CreateCustomCertificate: () => ({ code }) }, spec);
    await stage.askForServer();
    return told(stage, reason);
  };
}

async function withIssuingCA(content: Partial<CAContent>): Promise<TestHierarchy> {
  const { root } = await hierarchy();
  const from = new Date(Date.now() - day);
  const until = new Date(Date.now() + 3_650 * day);
  return { root, issuing: await makeCA('P-256', { name: 'Test Issuing CA', from, until, ...content }, root) };
}

/** One scene for each reason. */
export const issuerScenes: Readonly<Record<IssuerReason, Scene>> = {
  Checked: { steps: applying('Checked', {}), says: '' },
  SecretNotFound: { steps: applying('SecretNotFound', { credentials: { secretRef: { name: 'missing' } } }), says: '' },
  SecretForbidden: {
    steps: async (stage) => {
      const { cluster } = stage.world;
      await cluster.delete({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        namespace: stage.namespace,
        name: 'read-secrets',
      });
      return applying('SecretForbidden', {})(stage);
    },
    says: '',
  },
  SecretUnreadable: {
    steps: async (stage) => {
      stage.loseAnswers(({ method, url }) => method === 'GET' && url.includes(`/${stage.namespace}/secrets/`));
      return applying('SecretUnreadable', {})(stage);
    },
    says: '',
  },
  SecretInvalid: {
    steps: async (stage) => {
      const { accessKeyId } = stage.world.simulator.accessKey;
      await stage.world.cluster.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'half', namespace: stage.namespace },
        stringData: { accessKeyId },
      });
      return applying('SecretInvalid', { credentials: { secretRef: { name: 'half' } } })(stage);
    },
    says: '',
  },
  EndpointNotAllowed: {
    steps: applying('EndpointNotAllowed', { endpoint: { host: 'pca.example.com', protocol: 'HTTPS' } }),
    says: '',
  },
  CredentialsNotAllowed: { steps: applying('CredentialsNotAllowed', { credentials: { rrsa: {} } }), says: '' },
  IdentityNotConfigured: {
    steps: async (stage) => {
      const kind = 'AlibabaPCAClusterIssuer';
      const name = stage.namespace;
      const { spec } = stage.world.issuer(name, pca, { credentials: { rrsa: {} } });
      await stage.world.cluster.apply({ apiVersion: issuerApiVersion, kind, metadata: { name }, spec });
      return told(stage, 'IdentityNotConfigured', { apiVersion: issuerApiVersion, kind, name });
    },
    says: '',
  },
  CredentialsInvalid: {
    steps: async (stage) => {
      const { accessKeyId } = stage.world.simulator.accessKey;
      await stage.world.cluster.apply(secret(stage.namespace, 'wrong', { accessKeyId, accessKeySecret: 'wrong' }));
      return applying('CredentialsInvalid', { credentials: { secretRef: { name: 'wrong' } } })(stage);
    },
    says: '',
  },
  PermissionDenied: {
    steps: describedBy('PermissionDenied', () => ({
      DescribeCACertificate: () => ({
        code: 'Forbidden.RAM',
        AccessDeniedDetail: { AuthAction: 'yundun-cert:DescribeCACertificate', AuthPrincipalDisplayName: 'pca-issuer' },
      }),
    })),
    says: '',
  },
  IssuingCAUnusable: { steps: applying('IssuingCAUnusable', { parentIdentifier: 'no-such-ca' }), says: '' },
  IssuingCAIsRoot: { steps: applying('IssuingCAIsRoot', { parentIdentifier: 'sim-root-ecc' }), says: '' },
  OperationRefusedByCA: { steps: applying('OperationRefusedByCA', { parentIdentifier: 'sim-sub-compliance' }), says: '' },
  IssuingCAKeyNotSupported: { steps: ofCA('IssuingCAKeyNotSupported', hierarchy, { Algorithm: 'SM2' }), says: '' },
  IssuingCANotActive: { steps: ofCA('IssuingCANotActive', hierarchy, { Status: 'REVOKE' }), says: '' },
  IssuingCAExpired: {
    steps: ofCA('IssuingCAExpired', async () => makeHierarchy('P-256', new Date(Date.now() - 400 * day), 1)),
    says: '',
  },
  IssuingCAPathInvalid: {
    steps: ofCA('IssuingCAPathInvalid', async () => withIssuingCA({ keyUsages: ['digitalSignature'] })),
    says: '',
  },
  IssuingCANotYetValid: {
    steps: ofCA('IssuingCANotYetValid', async () => makeHierarchy('P-256', new Date(Date.now() + day))),
    says: '',
  },
  IssuingCAExhausted: { steps: ofCA('IssuingCAExhausted', hierarchy, { CertRemainingCount: 0 }), says: '' },
  CapacityExhausted: { steps: issuingMeets('CapacityExhausted', 'InsufficientQuota'), says: '' },
  ActionUnavailable: { steps: issuingMeets('ActionUnavailable', 'InvalidAction.NotFound'), says: '' },
  PCAUnavailable: {
    steps: describedBy('PCAUnavailable', () => ({
      DescribeCACertificate: () => ({ code: 'ServiceUnavailable', status: 503 }),
    })),
    says: '',
  },
  STSUnavailable: {
    steps: async (stage) => {
      const endpoint = await stage.endpoint({ AssumeRole: () => ({ code: 'ServiceUnavailable', status: 503 }) });
      const credentials = { assumeRole: { roleArn, secretRef: { name: 'access-key' } } };
      return applying('STSUnavailable', { endpoint, stsEndpoint: endpoint, credentials })(stage);
    },
    says: '',
  },
  InvalidSettings: {
    steps: issuingMeets('InvalidSettings', 'InvalidParameter.ResourceGroupId', {
      createCustomCertificate: { resourceGroupId: 'rg-unknown' },
    }),
    says: '',
  },
  UnreadableAnswer: {
    steps: describedBy('UnreadableAnswer', () => ({ DescribeCACertificate: () => ({ Hello: 'world' }) })),
    says: '',
  },
  CertificateRefused: {
    steps: async (stage) => {
      const cas = await hierarchy();
      const other = await makeCA('P-256', {
        name: 'Somebody else',
        from: new Date(Date.now() - day),
        until: new Date(Date.now() + 3_650 * day),
      });
      await stage.issuerOf(await madeCA(cas, async (leaf) => issued(await leaf({ by: other }), other.pem)));
      await stage.askForServer();
      return told(stage, 'CertificateRefused');
    },
    says: '',
  },
  SpecNotUnderstood: { steps: applying('SpecNotUnderstood', { operation: newerOperation }), says: '' },
  CheckFailed: { steps: applying('CheckFailed', { patience: { duration: unreadableDuration } }), says: '' },
};
