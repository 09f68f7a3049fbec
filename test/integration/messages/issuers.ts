// A user's way to each reason of an issuer, read in its condition Ready.
import type { IssuerNews, IssuerReason } from '../../../src/controllers/issuers/reasons.ts';
import { makeCA, makeHierarchy } from '../../support/certificates.ts';
import type { CAContent, TestHierarchy } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import { configMapAccess, readProduct } from '../../support/product.ts';
import { NotYet, until } from '../../support/wait.ts';
import { issuerApiVersion, secret } from '../../support/world.ts';
import { aheadScenes } from './ahead-of-time.ts';
import { unreadableDuration } from './defect.ts';
import { instanceNewsScenes } from './external-ca.ts';
import { failoverNewsScenes } from './failover.ts';
import { identityScenes } from './identities.ts';
import { newerField, newerOperation } from './newer-crds.ts';
import { applying, told } from './ready.ts';
import { hierarchy, issued, madeCA, pca } from './stage.ts';
import type { Replies, Scene, Stage } from './stage.ts';

const day = 86_400_000;
const publishing = { trust: { publishTo: { name: 'roots' } } };
const roleArn = 'acs:ram::1234567890123456:role/pca-issuer';

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
export function issuingMeets(reason: IssuerReason, code: string, spec: Readonly<Record<string, unknown>> = {}) {
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
  ...identityScenes,
  Checked: { steps: applying('Checked', {}), says: 'True: CA "sim-sub-ecc-p256" answers and can issue.' },
  SecretNotFound: {
    steps: applying('SecretNotFound', { credentials: { secretRef: { name: 'missing' } } }),
    says: 'False: Secret "NAMESPACE/missing", named by spec.credentials.secretRef, does not exist. Create it with the access key; the issuer is checked again automatically.',
  },
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
    says: 'False: The operator may not read Secret "NAMESPACE/access-key": GET /api/v1/namespaces/NAMESPACE/secrets/access-key was answered 403 Forbidden: secrets "access-key" is forbidden: User "system:serviceaccount:alibaba-pca-issuer:alibaba-pca-issuer" cannot get resource "secrets" in API group "" in the namespace "NAMESPACE". Grant its ServiceAccount a Role in namespace "NAMESPACE" with apiGroups [""], resources ["secrets"], verbs ["get"] (Helm: add the namespace to secretAccess.namespaces).',
  },
  SecretUnreadable: {
    steps: async (stage) => {
      stage.loseAnswers(({ method, url }) => method === 'GET' && url.includes(`/${stage.namespace}/secrets/`));
      return applying('SecretUnreadable', {})(stage);
    },
    says: 'False: Secret "NAMESPACE/access-key" could not be read: GET /api/v1/namespaces/NAMESPACE/secrets/access-key failed: UND_ERR_SOCKET: other side closed. The issuer is checked again automatically.',
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
    says: 'False: Secret "NAMESPACE/half", named by spec.credentials.secretRef, holds no usable access key: it has no value under "accessKeySecret"; add what is missing, or name the right keys in secretRef.keys.',
  },
  EndpointNotAllowed: {
    steps: applying('EndpointNotAllowed', { endpoint: { host: 'pca.example.com', protocol: 'HTTPS' } }),
    says: 'False: spec.endpoint.host names "pca.example.com", which is none of the hosts that issuers may name. Correct it, or remove it to use Alibaba Cloud\'s own endpoint of the region; or have the administrator allow the host with the operator\'s --issuer-hosts (Helm: issuerHosts).',
  },
  IssuerNotAllowed: {
    steps: applying('IssuerNotAllowed', {
      credentials: {
        secretRef: { name: 'access-key' },
        assumeRole: { roleArn: 'acs:ram::6543210987654321:role/bank' },
      },
    }),
    says: 'False: spec.credentials.assumeRole.roleArn is "acs:ram::6543210987654321:role/bank", which rule "scenes" of the administrator does not allow to AlibabaPCAIssuers of namespace "NAMESPACE". It allows acs:ram::1234567890123456:role/*. Change the field, or ask for another rule (--issuer-rules; Helm: issuerRules). Contact: Ask the platform team in #pki.',
  },
  CredentialsNotAllowed: {
    steps: applying('CredentialsNotAllowed', {
      credentials: { rrsa: {} },
      stsEndpoint: { host: '127.0.0.1:9', protocol: 'HTTP' },
    }),
    says: "False: An AlibabaPCAIssuer with spec.credentials.rrsa may not choose where the operator's credentials are sent. Remove spec.stsEndpoint; the operator's environment decides (ALIBABA_CLOUD_STS_ENDPOINT).",
  },
  IdentityNotConfigured: {
    steps: async (stage) => {
      const kind = 'AlibabaPCAClusterIssuer';
      const name = stage.namespace;
      const { spec } = stage.world.issuer(name, pca, { credentials: { rrsa: {} } });
      await stage.world.cluster.apply({ apiVersion: issuerApiVersion, kind, metadata: { name }, spec });
      return told(stage, 'IdentityNotConfigured', { apiVersion: issuerApiVersion, kind, name });
    },
    says: "False: spec.credentials.rrsa needs the operator's own RAM role, but the operator's pod lacks ALIBABA_CLOUD_ROLE_ARN (or spec.credentials.rrsa.roleArn), ALIBABA_CLOUD_OIDC_PROVIDER_ARN (or spec.credentials.rrsa.oidcProviderArn), ALIBABA_CLOUD_OIDC_TOKEN_FILE. Set rrsa.enabled in the Helm values, or have ack-pod-identity-webhook inject them; the pod must be started anew.",
  },
  CredentialsInvalid: {
    steps: async (stage) => {
      const { accessKeyId } = stage.world.simulator.accessKey;
      await stage.world.cluster.apply(secret(stage.namespace, 'wrong', { accessKeyId, accessKeySecret: 'wrong' }));
      return applying('CredentialsInvalid', { credentials: { secretRef: { name: 'wrong' } } })(stage);
    },
    says: 'False: DescribeCACertificate at HOST failed, the signature does not match (SignatureDoesNotMatch, HTTP 400, RequestId ID). Check the access key secret that belongs to this access key id. The access key comes from Secret "wrong", named by spec.credentials.secretRef.',
  },
  PermissionDenied: {
    steps: describedBy('PermissionDenied', () => ({
      DescribeCACertificate: () => ({
        code: 'Forbidden.RAM',
        AccessDeniedDetail: { AuthAction: 'yundun-cert:DescribeCACertificate', AuthPrincipalDisplayName: 'pca-issuer' },
      }),
    })),
    says: 'False: DescribeCACertificate at HOST failed, the RAM identity is not allowed to do this (Forbidden.RAM, HTTP 400, RequestId ID): The words of PCA. Denied: yundun-cert:DescribeCACertificate for pca-issuer. Allow the action in the policy of the RAM identity. The RAM identity is the one of spec.credentials.',
  },
  IssuingCAUnusable: {
    steps: applying('IssuingCAUnusable', { parentIdentifier: 'no-such-ca' }),
    says: 'False: DescribeCACertificate at HOST failed, the issuing CA does not exist or has expired (NotFound, HTTP 400, RequestId ID): The specified CA certificate does not exist. Check parentIdentifier, the region and the account. The CA is spec.parentIdentifier "no-such-ca"; it must be an active sub CA of this account and region.',
  },
  IssuingCAIsRoot: {
    steps: applying('IssuingCAIsRoot', { parentIdentifier: 'sim-root-ecc' }),
    says: 'False: CA "sim-root-ecc" is a root CA, and PCA issues certificates from subordinate CAs only. Set spec.parentIdentifier to a subordinate CA.',
  },
  OperationRefusedByCA: {
    steps: applying('OperationRefusedByCA', { parentIdentifier: 'sim-sub-compliance' }),
    says: 'False: CA "sim-sub-compliance" is a compliance CA (IssuerType iTrusChina), from which CreateCustomCertificate cannot issue. Set spec.operation to one that it supports, or spec.parentIdentifier to a private CA.',
  },
  IssuingCAKeyNotSupported: {
    steps: ofCA('IssuingCAKeyNotSupported', hierarchy, { Algorithm: 'SM2' }),
    says: 'False: CA "ID" has a key of family SM2, whose certificates cert-manager cannot verify. Set spec.parentIdentifier to a CA with an RSA or ECC key.',
  },
  IssuingCANotActive: {
    steps: ofCA('IssuingCANotActive', hierarchy, { Status: 'REVOKE' }),
    says: 'False: CA "ID" is not active (Status REVOKE, not ISSUE). Activate it in PCA, or set spec.parentIdentifier to another CA.',
  },
  IssuingCAExpired: {
    steps: ofCA('IssuingCAExpired', async () => makeHierarchy('P-256', new Date(Date.now() - 400 * day), 1)),
    says: 'False: CA "ID" expired at TIME. Renew it in PCA, or set spec.parentIdentifier to another CA.',
  },
  IssuingCAPathInvalid: {
    steps: ofCA('IssuingCAPathInvalid', async () => withIssuingCA({ keyUsages: ['digitalSignature'] })),
    says: 'False: clients would refuse every certificate of CA "ID": the certificate of CA "CN=Test Issuing CA" may not sign certificates (its keyUsage lacks keyCertSign). Correct that in PCA, or set spec.parentIdentifier to another CA.',
  },
  IssuingCANotYetValid: {
    steps: ofCA('IssuingCANotYetValid', async () => makeHierarchy('P-256', new Date(Date.now() + day))),
    says: 'False: CA "ID" is not valid before TIME. Wait until then, check the clock of this machine, or set spec.parentIdentifier to another CA.',
  },
  IssuingCAExhausted: {
    steps: ofCA('IssuingCAExhausted', hierarchy, { CertRemainingCount: 0 }),
    says: 'False: CA "ID" has no certificates left. Buy or assign more certificates to it in PCA.',
  },
  CapacityExhausted: {
    steps: issuingMeets('CapacityExhausted', 'InsufficientQuota'),
    says: 'False: CreateCustomCertificate at HOST failed, the CA has no certificates left or its subscription ended (InsufficientQuota, HTTP 400, RequestId ID): The words of PCA. Renew the subscription or assign more certificates to the CA. The CA is spec.parentIdentifier "sim-sub-ecc-p256".',
  },
  ActionUnavailable: {
    steps: issuingMeets('ActionUnavailable', 'InvalidAction.NotFound'),
    says: 'False: CreateCustomCertificate at HOST failed, this endpoint does not offer the operation (InvalidAction.NotFound, HTTP 400, RequestId ID): The words of PCA. Check region and endpoint, or choose another operation: this one may have been withdrawn. The endpoint comes from spec.region and spec.endpoint, the action from spec.operation.',
  },
  PCAUnavailable: {
    steps: describedBy('PCAUnavailable', () => ({
      DescribeCACertificate: () => ({ code: 'ServiceUnavailable', status: 503 }),
    })),
    says: 'False: PCA could not be asked about CA "sim-sub-ecc-p256": DescribeCACertificate at HOST failed, the service had an internal error (ServiceUnavailable, HTTP 503, RequestId ID): The words of PCA. The issuer is checked again automatically; if this lasts, check spec.region, spec.endpoint and the network.',
  },
  STSUnavailable: {
    steps: async (stage) => {
      const endpoint = await stage.endpoint({ AssumeRole: () => ({ code: 'ServiceUnavailable', status: 503 }) });
      const credentials = { assumeRole: { roleArn, secretRef: { name: 'access-key' } } };
      return applying('STSUnavailable', { endpoint, stsEndpoint: endpoint, credentials })(stage);
    },
    says: "False: AssumeRole at HOST failed, the service had an internal error (ServiceUnavailable, HTTP 503, RequestId ID): The words of PCA. STS gives the credentials for the calls to PCA. It is the one of spec.stsEndpoint, else for spec.network VPC the region's VPC host, else of the operator's environment (Helm: sts.endpoint, sts.region, sts.vpc), else of spec.region. It is tried again automatically.",
  },
  InvalidSettings: {
    steps: issuingMeets('InvalidSettings', 'InvalidParameter.ResourceGroupId', {
      createCustomCertificate: { resourceGroupId: 'rg-unknown' },
    }),
    says: 'False: CreateCustomCertificate at HOST failed, the service rejects the request (InvalidParameter.ResourceGroupId, HTTP 400, RequestId ID): The words of PCA. The parameter comes from spec.createCustomCertificate.resourceGroupId of the issuer; correct it.',
  },
  UnreadableAnswer: {
    steps: describedBy('UnreadableAnswer', () => ({ DescribeCACertificate: () => ({ Hello: 'world' }) })),
    says: 'False: PCA described CA "sim-sub-ecc-p256" in a form that cannot be read: the answer to DescribeCACertificate holds no certificate (RequestId unknown). Check spec.endpoint; the issuer is checked again automatically.',
  },
  TrustUnavailable: {
    steps: applying('TrustUnavailable', { trust: { source: 'Static', certificatesFrom: { name: 'missing' } } }),
    says: 'False: ConfigMap "NAMESPACE/missing", named by spec.trust.certificatesFrom, does not exist. Create it with the PEM certificates of the CAs that clients are to trust; the issuer is checked again automatically.',
  },
  TrustInvalid: {
    steps: async (stage) => {
      const certificates = stage.world.simulator.rootPem('sim-sub-rsa-2048');
      return applying('TrustInvalid', { trust: { source: 'Static', certificates } })(stage);
    },
    says: 'False: None of the certificates that spec.trust.certificates gives is the root of CA "sim-sub-ecc-p256", "C=CN, O=PCA Simulator, CN=Simulated sim-root-ecc" (SHA-256 FINGERPRINT), so no client could verify what it issues. Add that root to them, or choose another spec.trust.source.',
  },
  ConfigMapForbidden: {
    steps: applying('ConfigMapForbidden', publishing),
    says: 'False: The operator may not write ConfigMap "NAMESPACE/roots", named by spec.trust.publishTo: POST /api/v1/namespaces/NAMESPACE/configmaps was answered 403 Forbidden: configmaps is forbidden: User "system:serviceaccount:alibaba-pca-issuer:alibaba-pca-issuer" cannot create resource "configmaps" in API group "" in the namespace "NAMESPACE". Grant its ServiceAccount a Role in namespace "NAMESPACE" with apiGroups [""], resources ["configmaps"], verbs ["get", "create", "patch", "delete"] (Helm: add the namespace to configMapAccess.namespaces).',
  },
  ConfigMapTaken: {
    steps: async (stage) => {
      const metadata = { name: 'roots', namespace: stage.namespace };
      await stage.world.cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
      return applying('ConfigMapTaken', publishing)(stage);
    },
    says: 'False: ConfigMap "NAMESPACE/roots", named by spec.trust.publishTo, exists, and this issuer did not make it, so it is left as it is. Name another ConfigMap, or delete this one: it is then made anew.',
  },
  ConfigMapNotWritten: {
    steps: async (stage) => {
      stage.loseAnswers(({ url }) => url.includes(`/${stage.namespace}/configmaps`));
      return applying('ConfigMapNotWritten', publishing)(stage);
    },
    says: 'False: ConfigMap "NAMESPACE/roots", named by spec.trust.publishTo, could not be written: GET /api/v1/namespaces/NAMESPACE/configmaps/roots failed: UND_ERR_SOCKET: other side closed. Nothing is issued until it is, since clients would not trust it. It is tried again automatically.',
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
    says: 'False: PCA issued certificate ID (RequestId ID), but it is not what was asked for, so it is not used: it is signed by "CN=Somebody else", not by CA "ID". Look at the CA in PCA, at spec.parentIdentifier and at spec.endpoint of the issuer; if these are right, report it to Alibaba Cloud.',
  },
  SpecNotUnderstood: {
    steps: applying('SpecNotUnderstood', { operation: newerOperation }),
    says: 'False: This version of the operator does not understand the issuer: spec.operation must be one of CreateCustomCertificate, CreateCertificateWithExtension, CreateServerCertificateWithCsr, CreateClientCertificateWithCsr, CreateWHClientCertificate, but is "CreateFromTheFuture". The CRD in the cluster is of another version than the operator: upgrade the older of the two, or correct the spec.',
  },
  CheckFailed: {
    steps: applying('CheckFailed', { patience: { duration: unreadableDuration } }),
    says: 'Unknown: A defect of the operator (RangeError) kept the issuer from being checked, so its requests wait. It is tried again automatically. Look for "A defect of the operator" in the operator\'s log and report what it says.',
  },
};

/** One scene for each event on an issuer that is no reason of Ready. */
export const newsScenes: Readonly<Record<Exclude<IssuerNews, 'CredentialsNotRenewed'>, Scene>> = {
  ...instanceNewsScenes,
  ...aheadScenes,
  ...failoverNewsScenes,
  FieldUnknown: {
    steps: async (stage) => {
      await stage.issuer({ [newerField]: 'yes' });
      return stage.event('FieldUnknown', pca);
    },
    says: 'Warning FieldUnknown: This version of the operator does not know and leaves out of account: spec.fromTheFuture. The CRD is newer than the operator: upgrade the operator, or remove the fields.',
  },
  KeyFamilyChanged: {
    steps: async (stage) => {
      await stage.issuer();
      await stage.world.cluster.apply(
        stage.world.issuer(stage.namespace, pca, { parentIdentifier: 'sim-sub-rsa-2048' }),
      );
      return stage.event('KeyFamilyChanged', pca);
    },
    says: 'Warning KeyFamilyChanged: The keys of the CA are RSA, those of the CA before it were ECC: renewals of Certificates with ECC keys wait until spec.privateKey of the Certificate asks for RSA, or spec.parentIdentifier names a CA with ECC keys.',
  },
  TrustChanged: {
    steps: async (stage) => {
      await stage.world.cluster.apply(configMapAccess(await readProduct(), stage.namespace));
      await stage.issuer(publishing);
      await stage.world.cluster.apply(
        stage.world.issuer(stage.namespace, pca, { ...publishing, parentIdentifier: 'sim-sub-rsa-2048' }),
      );
      return stage.event('TrustChanged', pca);
    },
    says: 'Warning TrustChanged: What clients must trust has changed in status.trust of the issuer and ConfigMap "NAMESPACE/roots" (key "ca.crt"). New: "C=CN, O=PCA Simulator, CN=Simulated sim-root-rsa" (SHA-256 FINGERPRINT). Former: "C=CN, O=PCA Simulator, CN=Simulated sim-root-ecc" (SHA-256 FINGERPRINT) until TIME. Give what is new to clients that do not read it there.',
  },
  AnotherOperator: {
    steps: async (stage) => {
      const { cluster } = stage.world;
      await stage.issuer();
      const message = 'The other one finds otherwise.';
      const lastTransitionTime = new Date().toISOString();
      const theirs = { type: 'Ready', status: 'False', reason: 'SecretInvalid', message, lastTransitionTime };
      const theirStatus = { status: { operator: 'other/release', conditions: [theirs] } };
      // The first time may be the end of an operator that was replaced.
      let times = 0;
      await until('this operator to tell of the other one', async () => {
        const found = await cluster.get(stage.issuerReference);
        if (await stage.hasEvent('AnotherOperator', pca)) return true;
        const isReady =
          found !== undefined && conditionsOf(found).some(({ type, status }) => type === 'Ready' && status === 'True');
        if (isReady) {
          await cluster.patch(stage.issuerReference, theirStatus, 'status');
          // It notices when it checks the issuer the next time, which a change brings about.
          times += 1;
          await cluster.patch(stage.issuerReference, { spec: { validity: { backdate: `${times}m` } } });
        }
        throw new NotYet(found?.['status']);
      });
      return stage.event('AnotherOperator', pca);
    },
    says: 'Warning AnotherOperator: Another operator (other/release) writes the status of this issuer, too, and finds otherwise than this one (alibaba-pca-issuer/alibaba-pca-issuer), which therefore writes it with growing pauses. Run one release of the operator per cluster: uninstall one of them.',
  },
};
