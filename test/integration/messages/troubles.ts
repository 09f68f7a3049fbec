// A user's way to each trouble of a request and to each class of PCA's failures. What passes is told by the request; what is a
// fault of the issuer by the issuer's condition.
import type { TroubleReason } from '../../../src/controllers/requests/reasons.ts';
import { certificate } from '../../support/world.ts';
import { askedByRequest, readyOf } from './certificate-requests.ts';
import { unreadableDuration } from './defect.ts';
import { askedExternalCA, externalCAReplies } from './external-ca.ts';
import { applying, issuingMeets } from './issuers.ts';
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

/** Troubles of an operator that ends or hands over: the one that goes on with the request tells what follows. */
type UntoldTrouble = 'NotActing' | 'Cancelled';

/** One scene for each reason that a request can meet and is told of. */
export const troubleScenes: Readonly<Record<Exclude<TroubleReason, UntoldTrouble>, Scene>> = {
  CertificateNotReady: {
    steps: waitingWith({
      CreateCustomCertificate: () => ({
        RequestId: '15C66C7B-671A-4297-9187-2C4477247A74',
        Identifier: '1ed4068c-6f1b-6deb-8e32-3f8439a851cc',
      }),
    }),
    says: '',
  },
  UnreadableAnswer: { steps: waitingWith({ CreateCustomCertificate: () => ({ Hello: 'world' }) }), says: '' },
  CertificateUnreadable: {
    steps: async (stage) => {
      await stage.issuer({ validity: { backdate: '5m' } });
      stage.loseAnswers(({ url }) => url.includes(`/${stage.namespace}/certificates/`));
      await stage.world.cluster.apply(certificate(stage.namespace, web));
      return readyOf(stage, `${web}-1`, /^Not issued yet/);
    },
    says: '',
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
    says: '',
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
    says: '',
  },
  Defect: {
    steps: async (stage) => {
      await stage.issuer();
      await askedByRequest(stage, { duration: unreadableDuration });
      return readyOf(stage, web, /^Not issued yet/);
    },
    says: '',
  },
  NoInstanceLeft: { steps: externalCAWith({ state: 'REFUND' }), says: '' },
  InstanceUnsettled: {
    steps: async (stage) => {
      await stage.issuerOf(await externalCAReplies({}), { externalCA });
      stage.loseAnswers(
        ({ method, url }) => method === 'GET' && url.includes(`/${stage.namespace}/alibabapcaissuers/`),
      );
      await askedExternalCA(stage);
      return stage.event('RetryableError', stage.namespace);
    },
    says: '',
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
    says: '',
  },
  Transient: { steps: refusingCalls('OperationDenied.SystemUpgrading'), says: '' },
  OutcomeUnknown: { steps: refusingCalls('InternalError', 500), says: '' },
  Credentials: { steps: issuingMeets('CredentialsInvalid', 'InvalidAccessKeyId.NotFound'), says: '' },
  Permission: { steps: issuingMeets('PermissionDenied', 'NoPermission'), says: '' },
  IssuingCA: { steps: issuingMeets('IssuingCAUnusable', 'CertificateExpired'), says: '' },
  ExternalCA: { steps: externalCAWith({ reply: { code: 'NotFound' } }), says: '' },
  Capacity: { steps: issuingMeets('CapacityExhausted', 'OrderExpired'), says: '' },
  ActionUnavailable: { steps: issuingMeets('ActionUnavailable', 'InvalidAction.NotFound'), says: '' },
  EndpointNotAllowed: {
    // The port lets the host pass, and its address does not.
    steps: applying('EndpointNotAllowed', { endpoint: { host: '127.0.0.2:9', protocol: 'HTTP' } }),
    says: '',
  },
  Duplicate: {
    steps: async (stage) => {
      await stage.issuerOf({ CreateCustomCertificate: () => ({ code: 'ParamRepeat' }) });
      await askedByRequest(stage);
      return stage.event('RetryableError', web);
    },
    says: '',
  },
  RequestRejected: {
    steps: async (stage) => {
      await stage.issuerOf({ CreateCustomCertificate: () => ({ code: 'InvalidParameter.Csr' }) });
      await askedByRequest(stage);
      return readyOf(stage);
    },
    says: '',
  },
  Unknown: { steps: refusingCalls('Strange.Thing'), says: '' },
};
