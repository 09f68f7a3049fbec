// A user's way to each reason of an event on a request. What waits has the same message in its condition Ready.
import type { RequestReason } from '../../../src/controllers/requests/reasons.ts';
import { makeCsr } from '../../support/certificates.ts';
import type { Manifest } from '../../support/cluster.ts';
import { isIssued, renew } from '../../support/renewal.ts';
import { NotYet, until } from '../../support/wait.ts';
import { certificate } from '../../support/world.ts';
import { askedByRequest, certificateRequestReady, readyOf } from './certificate-requests.ts';
import { hierarchy, issued, madeCA, pca, serverContent, web } from './stage.ts';
import type { Scene, Stage } from './stage.ts';

const admission = 'admissionregistration.k8s.io/v1';

/** The event about a request of the namespace, once its condition says the same. */
async function waiting(stage: Stage, reason: RequestReason, name = web): Promise<string> {
  return until(`${name} to wait for ${reason}`, async () => {
    const event = await stage.event(reason, name);
    const ready = await readyOf(stage, name);
    const [said, condition] = [event, ready].map((text) => text.slice(text.indexOf(': ')));
    if (said !== condition) throw new NotYet([event, ready]);
    return event;
  });
}

/** Steps: a request of an issuer whose PCA refuses to issue. */
function refusing(reason: RequestReason, code: string, spec: Readonly<Record<string, unknown>> = {}) {
  return async (stage: Stage): Promise<string> => {
    await stage.issuerOf({ CreateCustomCertificate: () => ({ code }) }, spec);
    await askedByRequest(stage);
    return waiting(stage, reason);
  };
}

async function certificateIssued(stage: Stage, spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await stage.issuer(spec);
  await stage.world.cluster.apply(certificate(stage.namespace, web));
  await stage.world.cluster.waitForCondition(
    { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', namespace: stage.namespace, name: web },
    { type: 'Ready', status: 'True' },
  );
}

/** Has the API server refuse that requests of the namespace become Issued. */
function refusalOfResults(namespace: string): readonly Manifest[] {
  const metadata = { name: namespace };
  return [
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          resourceRules: [
            {
              apiGroups: ['cert-manager.io'],
              apiVersions: ['v1'],
              operations: ['UPDATE'],
              resources: ['certificaterequests/status'],
            },
          ],
        },
        validations: [
          {
            expression:
              "!has(object.status) || !has(object.status.conditions) || !object.status.conditions.exists(c, c.type == 'Ready' && c.reason == 'Issued')",
            message: 'No certificates today.',
          },
        ],
      },
    },
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: namespace, validationActions: ['Deny'] },
    },
  ];
}

const requestReference = (stage: Stage, name = web) => ({
  apiVersion: 'cert-manager.io/v1',
  kind: 'CertificateRequest',
  namespace: stage.namespace,
  name,
});

/** Somebody else writes an end into a request. */
async function endByHand(stage: Stage, reason: 'Failed' | 'Issued', dryRun = false): Promise<void> {
  const found = await stage.world.cluster.get(requestReference(stage));
  const { conditions = [] } = (found?.['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type: string }[];
  };
  const ready = {
    type: 'Ready',
    status: reason === 'Issued' ? 'True' : 'False',
    reason,
    message: 'By hand.',
    lastTransitionTime: new Date().toISOString(),
  };
  const status = { conditions: [...conditions.filter(({ type }) => type !== 'Ready'), ready] };
  await stage.world.cluster.patch(requestReference(stage), { status }, dryRun ? 'status?dryRun=All' : 'status');
}

/** One scene for each reason. */
export const eventScenes: Readonly<Record<RequestReason, Scene>> = {
  Issued: {
    steps: async (stage) => {
      await stage.issuer();
      await stage.askForServer();
      return stage.event('Issued', stage.namespace);
    },
    says: 'Normal Issued: Issued by Alibaba Cloud PCA with CreateCustomCertificate: serial number SERIAL, PCA identifier ID.',
  },
  Failed: {
    steps: async (stage) => {
      await stage.issuer();
      await stage.askForServer({ annotations: { 'experimental.cert-manager.io/request-duration': 'soon' } });
      return stage.event('Failed', stage.namespace);
    },
    says: 'Warning Failed: spec.duration: "soon" is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m.',
  },
  RequestFailed: {
    steps: async (stage) => {
      await stage.issuer();
      await stage.askForServer({ annotations: { 'experimental.cert-manager.io/request-duration': 'soon' } });
      return stage.event('RequestFailed', pca);
    },
    says: 'Warning RequestFailed: CertificateSigningRequest "NAMESPACE" failed with InvalidDuration: spec.duration: "soon" is not a duration; write hours, minutes and seconds, such as 2160h or 1h30m.',
  },
  WaitingForApproval: {
    steps: async (stage) => {
      await stage.issuer();
      await stage.signingRequest(await makeCsr('P-256', serverContent), { isApproved: false });
      return stage.event('WaitingForApproval', stage.namespace);
    },
    says: 'Warning WaitingForApproval: Waits since TIME to be approved or denied; nobody approves such requests automatically: kubectl certificate approve NAMESPACE.',
  },
  UnknownIssuerKind: {
    steps: async (stage) => {
      const issuerRef = { group: 'pca.alibabacloud.com', kind: 'ClusterIssuer', name: pca };
      await stage.world.cluster.apply(certificate(stage.namespace, web, { issuerRef }));
      return stage.event('UnknownIssuerKind', `${web}-1`);
    },
    says: 'Warning UnknownIssuerKind: issuerRef.kind is ClusterIssuer, but group pca.alibabacloud.com has only the kinds AlibabaPCAIssuer and AlibabaPCAClusterIssuer. Correct issuerRef of the Certificate.',
  },
  IssuerNotFound: {
    steps: async (stage) => {
      await askedByRequest(stage);
      return waiting(stage, 'IssuerNotFound');
    },
    says: 'Warning IssuerNotFound: Waiting for AlibabaPCAIssuer "NAMESPACE/pca", which does not exist. Create it, or correct issuerRef; this request then continues automatically.',
  },
  IssuerNotReady: {
    steps: async (stage) => {
      const credentials = { secretRef: { name: 'missing' } };
      await stage.world.cluster.apply(stage.world.issuer(stage.namespace, pca, { credentials }));
      await stage.world.cluster.waitForCondition(stage.issuerReference, { type: 'Ready', status: 'False' });
      await askedByRequest(stage);
      return waiting(stage, 'IssuerNotReady');
    },
    says: 'Warning IssuerNotReady: Waiting for AlibabaPCAIssuer "NAMESPACE/pca", which is not ready (SecretNotFound). See: kubectl describe alibabapcaissuer pca -n NAMESPACE. This request then continues automatically.',
  },
  RetryableError: {
    steps: refusing('RetryableError', 'OperationDenied.SystemUpgrading'),
    says: 'Warning RetryableError: Not issued yet: CreateCustomCertificate at HOST failed, the service cannot do this at the moment (OperationDenied.SystemUpgrading, HTTP 400, RequestId ID): The words of PCA. It is tried again automatically, with growing pauses of at most 1 s.',
  },
  PatienceExceeded: {
    steps: refusing('PatienceExceeded', 'OperationDenied.SystemUpgrading', { patience: { duration: '1s' } }),
    says: 'Warning PatienceExceeded: Not issued for longer than spec.patience.duration of the issuer (1s): CreateCustomCertificate at HOST failed, the service cannot do this at the moment (OperationDenied.SystemUpgrading, HTTP 400, RequestId ID): The words of PCA. It is still tried automatically; somebody should look into it.',
  },
  WaitingForTurn: {
    steps: refusing('WaitingForTurn', 'Throttling.User'),
    says: 'Normal WaitingForTurn: Waiting for its turn: more requests than Alibaba Cloud lets this account make with CreateCustomCertificate per second. No action is needed.',
  },
  IssuanceLimitReached: {
    steps: async (stage) => {
      await stage.issuer({ issuanceLimits: { certificatesPerHour: 1 } });
      await askedByRequest(stage, {}, 'first');
      await readyOf(stage, 'first', /^Issued by/);
      await askedByRequest(stage);
      return waiting(stage, 'IssuanceLimitReached');
    },
    says: 'Warning IssuanceLimitReached: Held: spec.issuanceLimits.certificatesPerHour of the issuer allows 1 certificate and it was issued. Raise it if more are wanted. It continues automatically at TIME.',
  },
  ReissueLoop: {
    steps: async (stage) => {
      await certificateIssued(stage, { issuanceLimits: { reissuesPerHour: 1 } });
      await renew(stage.world.cluster, { namespace: stage.namespace, name: web });
      return waiting(stage, 'ReissueLoop', `${web}-2`);
    },
    says: 'Warning ReissueLoop: Held: Certificate "NAMESPACE/web" got 1 certificate within an hour, which looks like a loop. Mostly cert-manager sees its Secrets late and takes what was issued for missing: look whether cert-manager or the API server is overloaded, and restart cert-manager. Or find what else re-issues it (renewBefore close to the duration, two Certificates with one secretName, a Secret that something changes). Or raise spec.issuanceLimits.reissuesPerHour of the issuer (0: no limit). It continues automatically at TIME.',
  },
  AskedAgain: {
    steps: async (stage) => {
      await certificateIssued(stage);
      const found = { namespace: stage.namespace, name: web };
      // A request that comes late, as on a busy machine, is not held; each further one is held for longer.
      for (let tries = 0; tries < 5; tries += 1) {
        const { status } = await stage.world.cluster.waitFor(
          { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', ...found },
          'no issuance under way',
          isIssued,
        );
        const { revision = 0 } = status as { readonly revision?: number };
        await stage.world.cluster.delete({ apiVersion: 'v1', kind: 'Secret', ...found });
        const request = `${web}-${revision + 1}`;
        if ((await readyOf(stage, request)).includes('Held: ')) return stage.event('AskedAgain', request);
      }
      throw new Error('No request was held.');
    },
    says: 'Normal AskedAgain: Held: Certificate "NAMESPACE/web" got a certificate at TIME already. cert-manager may not have seen the Secret yet, so it is given time until TIME; then this continues automatically. No action is needed.',
  },
  OwnerHeld: {
    steps: async (stage) => {
      const cas = await hierarchy();
      const reply = madeCA(cas, async (leaf) =>
        issued(await leaf({ content: { subject: [{ CN: ['somebody else'] }] } }), `${cas.issuing.pem}${cas.root.pem}`),
      );
      await stage.issuerOf(await reply);
      const usages = ['digital signature', 'key encipherment', 'server auth'];
      const wanted = { usages, dnsNames: ['web.example.com'] };
      await stage.world.cluster.apply(certificate(stage.namespace, web, wanted));
      await readyOf(stage, `${web}-1`, /not what was asked for/);
      // A changed spec is asked for at once.
      await stage.world.cluster.apply(
        certificate(stage.namespace, web, { ...wanted, dnsNames: ['other.example.com'] }),
      );
      return waiting(stage, 'OwnerHeld', `${web}-1`);
    },
    says: 'Warning OwnerHeld: Held: the last request of Certificate "NAMESPACE/web" failed with SubjectMismatch, and a further try may cost a certificate again. See its message, and correct the Certificate, or the issuer if that is at fault. It continues automatically at TIME, or when the issuer\'s spec changes.',
  },
  RequestRestored: {
    steps: async (stage) => {
      await stage.issuer();
      await askedByRequest(stage, {}, web, {
        'cert-manager.io/certificate-name': 'shop',
        'cert-manager.io/certificate-revision': '1',
      });
      return waiting(stage, 'RequestRestored');
    },
    says: 'Warning RequestRestored: Held: this request was restored or copied without Certificate "NAMESPACE/shop", which is not among its ownerReferences. Nobody would use a certificate for it, so none is bought. Delete it: kubectl delete certificaterequest web -n NAMESPACE. As long as it exists, cert-manager cannot make a request of this name.',
  },
  KeyFamilyChanged: {
    steps: async (stage) => {
      await certificateIssued(stage);
      await stage.world.cluster.apply(
        stage.world.issuer(stage.namespace, pca, { parentIdentifier: 'sim-sub-rsa-2048' }),
      );
      await stage.world.cluster.waitForCondition(stage.issuerReference, { type: 'Ready', status: 'True' });
      await renew(stage.world.cluster, { namespace: stage.namespace, name: web });
      const told = await waiting(stage, 'KeyFamilyChanged', `${web}-2`);
      // As the message says, cert-manager makes another request in its place.
      await stage.world.cluster.apply(
        certificate(stage.namespace, web, { privateKey: { algorithm: 'RSA', size: 2048 } }),
      );
      await readyOf(stage, `${web}-2`, /^Issued by/);
      return told;
    },
    says: 'Warning KeyFamilyChanged: Held: spec.request: the CSR\'s key is P-256, but CA "sim-sub-rsa-2048" issues for RSA keys only. Choose algorithm RSA (in a Certificate: spec.privateKey), or another CA. The CA that the issuer named before had ECC keys, so this renewal is not failed. It continues automatically when the issuer names a CA with ECC keys again; a Certificate whose spec.privateKey is changed gets a new request. The present certificate of Certificate "NAMESPACE/web" is valid until TIME.',
  },
  AnotherOperator: {
    steps: async (stage) => {
      await stage.issuerOf({
        CreateCustomCertificate: async ({ genuine }) => {
          await endByHand(stage, 'Failed');
          return JSON.parse(await genuine()) as Readonly<Record<string, unknown>>;
        },
      });
      await askedByRequest(stage);
      return stage.event('AnotherOperator', web);
    },
    says: 'Warning AnotherOperator: A certificate was paid for in vain: revoke it in the PCA console if it is not wanted (spec.revocationPolicy RequestGone does so automatically). Somebody else ended the request before this operator did. If two releases of the operator run in this cluster, uninstall one of them.',
  },
  ResultNotWritten: {
    steps: async (stage) => {
      const { cluster } = stage.world;
      await cluster.apply(refusalOfResults(stage.namespace));
      await certificateRequestReady(stage);
      await until('the policy to be in force', async () =>
        endByHand(stage, 'Issued', true).then(
          () => false,
          (error: unknown) => String(error).includes('No certificates today'),
        ),
      );
      await stage.issuer();
      return stage.event('ResultNotWritten', web);
    },
    says: "Warning ResultNotWritten: The certificate was issued and is kept, but the status of this request cannot be written: PATCH /apis/cert-manager.io/v1/namespaces/NAMESPACE/certificaterequests/web/status was answered 422 Invalid: certificaterequests.cert-manager.io \"web\" is forbidden: ValidatingAdmissionPolicy 'NAMESPACE' with binding 'NAMESPACE' denied request: No certificates today. It is tried again automatically; nothing is issued a second time.",
  },
};
