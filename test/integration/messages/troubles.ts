// A user's way to each trouble of a request and to each class of PCA's failures. What passes is told by the request; what is a
// fault of the issuer by the issuer's condition.
import type { TroubleReason } from '../../../src/controllers/requests/reasons.ts';
import { makeCA } from '../../support/certificates.ts';
import { certificate } from '../../support/world.ts';
import { askedByRequest, readyOf } from './certificate-requests.ts';
import { unreadableDuration } from './defect.ts';
import { askedExternalCA, externalCAReplies } from './external-ca.ts';
import { earlierCallUnsettled } from './failover.ts';
import { issuingMeets } from './issuers.ts';
import { applying } from './ready.ts';
import { web } from './stage.ts';
import type { Replies, Reply, Scene, Stage } from './stage.ts';

const externalCA = { instanceIds: ['cas-1'] };

/** Steps: a request of an issuer whose PCA answers so; the message of the request that waits. */
function waitingWith(replies: Replies) {
  return async (stage: Stage): Promise<string> => {
    await stage.issuerOf(replies);
    await askedByRequest(stage);
    return readyOf(stage, web, /^Not issued yet/);
  };
}

const refusingCalls = (code: string, status = 400) =>
  waitingWith({ CreateCustomCertificate: () => ({ code, status }) });

/** Steps: a CA certificate is asked for, and PCA has the instance in this state, or answers so. */
function externalCAWith(pca: { readonly state?: string; readonly reply?: Reply }) {
  return async (stage: Stage): Promise<string> => {
    await stage.issuerOf(await externalCAReplies(pca), { externalCA });
    await askedExternalCA(stage);
    return stage.event('RetryableError', stage.namespace);
  };
}

/** One scene for each reason. */
export const troubleScenes: Readonly<Record<TroubleReason, Scene>> = {
  EarlierCallUnsettled: earlierCallUnsettled,
  CertificateNotReady: {
    steps: waitingWith({
      CreateCustomCertificate: () => ({
        RequestId: '15C66C7B-671A-4297-9187-2C4477247A74',
        Identifier: '1ed4068c-6f1b-6deb-8e32-3f8439a851cc',
      }),
    }),
    says: 'Pending: Not issued yet: PCA accepted the request as ID but has not given the certificate yet (RequestId ID). It is tried again automatically, with growing pauses of at most 1 s.',
  },
  UnreadableAnswer: {
    steps: waitingWith({ CreateCustomCertificate: () => ({ Hello: 'world' }) }),
    says: 'Pending: Not issued yet: The answer to CreateCustomCertificate holds neither a certificate nor an identifier. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  CertificateUnreadable: {
    steps: async (stage) => {
      await stage.issuer({ validity: { backdate: '5m' } });
      stage.loseAnswers(({ url }) => url.includes(`/${stage.namespace}/certificates/`));
      await stage.world.cluster.apply(certificate(stage.namespace, web));
      return readyOf(stage, `${web}-1`, /^Not issued yet/);
    },
    says: 'Pending: Not issued yet: Certificate "NAMESPACE/web" could not be read: GET /apis/cert-manager.io/v1/namespaces/NAMESPACE/certificates/web failed: UND_ERR_SOCKET: other side closed. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  RootNotPublished: {
    // The bought instance is one below another root than that of the issuer's CA. What the status does not name is published
    // nowhere, with a ConfigMap or without.
    steps: async (stage) => {
      const day = 86_400_000;
      const [from, until] = [new Date(Date.now() - day), new Date(Date.now() + 3_650 * day)];
      const root = await makeCA('P-256', { name: 'Another Root', from, until });
      await stage.issuerOf(await externalCAReplies({ root }), { externalCA });
      await askedExternalCA(stage);
      return stage.event('RetryableError', stage.namespace);
    },
    says: 'Warning RetryableError: Not issued yet: The certificate is there, but it leads to "CN=Another Root" (SHA-256 FINGERPRINT), which clients do not find yet where the issuer publishes what they must trust (status.trust, spec.trust.publishTo); it is written once they do. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  ClusterUnknown: {
    // It is read once.
    isFirst: true,
    steps: async (stage) => {
      stage.loseAnswers(({ url }) => url.includes('/namespaces/kube-system'));
      await stage.issuer();
      await askedByRequest(stage);
      return readyOf(stage, web, /^Not issued yet/);
    },
    says: "Pending: Not issued yet: The cluster's identity could not be read: GET /api/v1/namespaces/kube-system failed: UND_ERR_SOCKET: other side closed. The operator's ClusterRole must allow get on the namespace kube-system. It is tried again automatically, with growing pauses of at most 1 s.",
  },
  AuthorizationUnknown: {
    // The review names no namespace in its path.
    isFirst: true,
    steps: async (stage) => {
      await stage.issuer();
      stage.loseAnswers(({ url }) => url.includes('/subjectaccessreviews'));
      await stage.askForServer();
      return stage.event('RetryableError', stage.namespace);
    },
    says: 'Warning RetryableError: Not issued yet: Whether admin may use the issuer could not be found out: POST /apis/authorization.k8s.io/v1/subjectaccessreviews failed: UND_ERR_SOCKET: other side closed. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  Defect: {
    steps: async (stage) => {
      await stage.issuer();
      await askedByRequest(stage, { duration: unreadableDuration });
      return readyOf(stage, web, /^Not issued yet/);
    },
    says: 'Pending: Not issued yet: a defect of the operator (RangeError) keeps the request from being decided. Look for "A defect of the operator" in the operator\'s log and report what it says. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  NoInstanceLeft: {
    steps: externalCAWith({ state: 'REFUND' }),
    says: 'Warning RetryableError: Not issued yet: All instances in spec.externalCA.instanceIds of the issuer (1) are used or promised to other requests (its status names them). Buy a further instance of an external subordinate CA and add its ID. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  InstanceUnsettled: {
    steps: async (stage) => {
      await stage.issuerOf(await externalCAReplies({}), { externalCA });
      stage.loseAnswers(
        ({ method, url }) => method === 'GET' && url.includes(`/${stage.namespace}/alibabapcaissuers/`),
      );
      await askedExternalCA(stage);
      return stage.event('RetryableError', stage.namespace);
    },
    says: 'Warning RetryableError: Not issued yet: The issuer could not be read: GET /apis/pca.alibabacloud.com/v1alpha1/namespaces/NAMESPACE/alibabapcaissuers/pca failed: UND_ERR_SOCKET: other side closed. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  Throttled: {
    // A throttled call for a certificate waits for its turn; this one looks for what an earlier call may have made.
    steps: async (stage) => {
      await stage.issuerOf({
        CreateCustomCertificate: ({ socket }) => {
          socket.destroy();
          return {};
        },
        ListCert: () => ({ code: 'Throttling.User' }),
        ListClientCertificate: () => ({ code: 'Throttling.User' }),
      });
      await askedByRequest(stage);
      return readyOf(stage, web, /Throttling/);
    },
    says: 'Pending: Not issued yet: ListCert at HOST failed, the account calls faster than Alibaba Cloud allows (Throttling.User, HTTP 400, RequestId ID): The words of PCA. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  Transient: {
    steps: refusingCalls('OperationDenied.SystemUpgrading'),
    says: 'Pending: Not issued yet: CreateCustomCertificate at HOST failed, the service cannot do this at the moment (OperationDenied.SystemUpgrading, HTTP 400, RequestId ID): The words of PCA. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  OutcomeUnknown: {
    steps: refusingCalls('InternalError', 500),
    says: 'Pending: Not issued yet: CreateCustomCertificate at HOST failed, the service had an internal error (InternalError, HTTP 500, RequestId ID): The words of PCA. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  Credentials: {
    steps: issuingMeets('CredentialsInvalid', 'InvalidAccessKeyId.NotFound'),
    says: 'False: CreateCustomCertificate at HOST failed, the access key is unknown, disabled or expired (InvalidAccessKeyId.NotFound, HTTP 400, RequestId ID). Use a valid one. The access key comes from Secret "access-key", named by spec.credentials.secretRef.',
  },
  Permission: {
    steps: issuingMeets('PermissionDenied', 'NoPermission'),
    says: 'False: CreateCustomCertificate at HOST failed, the RAM identity is not allowed to do this (NoPermission, HTTP 400, RequestId ID): The words of PCA. Allow the action in the policy of the RAM identity. The RAM identity is the one of spec.credentials.',
  },
  IssuingCA: {
    steps: issuingMeets('IssuingCAUnusable', 'CertificateExpired'),
    says: 'False: CreateCustomCertificate at HOST failed, the issuing CA does not exist or has expired (CertificateExpired, HTTP 400, RequestId ID): The words of PCA. Check parentIdentifier, the region and the account. The CA is spec.parentIdentifier "sim-sub-ecc-p256"; it must be an active sub CA of this account and region.',
  },
  ExternalCA: {
    steps: externalCAWith({ reply: { code: 'NotFound' } }),
    says: 'Warning RetryableError: Not issued yet: CreateExternalCACertificate at HOST failed, there is no such instance (NotFound, HTTP 400, RequestId ID): The words of PCA. Check spec.externalCA.instanceIds, the region and the account. This concerns the CA certificates of the issuer alone: correct spec.externalCA of the issuer, or what it needs in PCA and RAM. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  Capacity: {
    steps: issuingMeets('CapacityExhausted', 'OrderExpired'),
    says: 'False: CreateCustomCertificate at HOST failed, the CA has no certificates left or its subscription ended (OrderExpired, HTTP 400, RequestId ID): The words of PCA. Renew the subscription or assign more certificates to the CA. The CA is spec.parentIdentifier "sim-sub-ecc-p256".',
  },
  ActionUnavailable: {
    steps: issuingMeets('ActionUnavailable', 'InvalidAction.NotFound'),
    says: 'False: CreateCustomCertificate at HOST failed, this endpoint does not offer the operation (InvalidAction.NotFound, HTTP 400, RequestId ID): The words of PCA. Check region and endpoint, or choose another operation: this one may have been withdrawn. The endpoint comes from spec.region and spec.endpoint, the action from spec.operation.',
  },
  EndpointNotAllowed: {
    // The port lets the host pass, and its address does not.
    steps: applying('EndpointNotAllowed', { endpoint: { host: '127.0.0.2:9', protocol: 'HTTP' } }),
    says: 'False: DescribeCACertificate at 127.0.0.2:9 failed, its host leads to a refused address (AddressRefused). Name another host, or have the administrator name the address in --issuer-hosts. The host comes from spec.region, spec.endpoint or spec.stsEndpoint.',
  },
  Duplicate: {
    steps: async (stage) => {
      await stage.issuerOf({ CreateCustomCertificate: () => ({ code: 'ParamRepeat' }) });
      await askedByRequest(stage);
      return stage.event('RetryableError', web);
    },
    says: 'Warning RetryableError: Not issued yet: CreateCustomCertificate at HOST failed, what it would make exists already (ParamRepeat, HTTP 400, RequestId ID): The words of PCA. The certificate is looked for before the next call. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  RequestRejected: {
    steps: async (stage) => {
      await stage.issuerOf({ CreateCustomCertificate: () => ({ code: 'InvalidParameter.Csr' }) });
      await askedByRequest(stage);
      return readyOf(stage);
    },
    says: 'Failed: Alibaba Cloud PCA refuses this request: CreateCustomCertificate at HOST failed, the service rejects the request (InvalidParameter.Csr, HTTP 400, RequestId ID): The words of PCA. Correct the Certificate; asking again unchanged gives the same answer.',
  },
  Unknown: {
    steps: refusingCalls('Strange.Thing'),
    says: 'Pending: Not issued yet: CreateCustomCertificate at HOST failed, the service answered with an unknown code (Strange.Thing, HTTP 400, RequestId ID): The words of PCA. It is tried again automatically, with growing pauses of at most 1 s.',
  },
};
