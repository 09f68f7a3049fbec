// A user's way to each reason of an event on a request. What waits has the same message in its condition Ready.
import type { RequestReason } from '../../../src/controllers/requests/reasons.ts';
import { makeCsr } from '../../support/certificates.ts';
import type { Manifest } from '../../support/cluster.ts';
import { renew } from '../../support/renewal.ts';
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
  const { conditions = [] } = (found?.['status'] ?? {}) as { readonly conditions?: readonly { readonly type: string }[] };
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
    says: '',
  },
  Failed: {
    steps: async (stage) => {
      await stage.issuer();
      await stage.askForServer({ annotations: { 'experimental.cert-manager.io/request-duration': 'soon' } });
      return stage.event('Failed', stage.namespace);
    },
    says: '',
  },
  WaitingForApproval: {
    steps: async (stage) => {
      await stage.issuer();
      await stage.signingRequest(await makeCsr('P-256', serverContent), { isApproved: false });
      return stage.event('WaitingForApproval', stage.namespace);
    },
    says: '',
  },
  UnknownIssuerKind: {
    steps: async (stage) => {
      const issuerRef = { group: 'pca.alibabacloud.com', kind: 'ClusterIssuer', name: pca };
      await stage.world.cluster.apply(certificate(stage.namespace, web, { issuerRef }));
      return stage.event('UnknownIssuerKind', `${web}-1`);
    },
    says: '',
  },
  IssuerNotFound: {
    steps: async (stage) => {
      await askedByRequest(stage);
      return waiting(stage, 'IssuerNotFound');
    },
    says: '',
  },
  IssuerNotReady: {
    steps: async (stage) => {
      const credentials = { secretRef: { name: 'missing' } };
      await stage.world.cluster.apply(stage.world.issuer(stage.namespace, pca, { credentials }));
      await stage.world.cluster.waitForCondition(stage.issuerReference, { type: 'Ready', status: 'False' });
      await askedByRequest(stage);
      return waiting(stage, 'IssuerNotReady');
    },
    says: '',
  },
  RetryableError: { steps: refusing('RetryableError', 'OperationDenied.SystemUpgrading'), says: '' },
  PatienceExceeded: {
    steps: refusing('PatienceExceeded', 'OperationDenied.SystemUpgrading', { patience: { duration: '1s' } }),
    says: '',
  },
  WaitingForTurn: { steps: refusing('WaitingForTurn', 'Throttling.User'), says: '' },
  IssuanceLimitReached: {
    steps: async (stage) => {
      await stage.issuer({ issuanceLimits: { certificatesPerHour: 1 } });
      await askedByRequest(stage, {}, 'first');
      await readyOf(stage, 'first', /^Issued by/);
      await askedByRequest(stage);
      return waiting(stage, 'IssuanceLimitReached');
    },
    says: '',
  },
  ReissueLoop: {
    steps: async (stage) => {
      await certificateIssued(stage, { issuanceLimits: { reissuesPerHour: 1 } });
      await renew(stage.world.cluster, { namespace: stage.namespace, name: web });
      return waiting(stage, 'ReissueLoop', `${web}-2`);
    },
    says: '',
  },
  AskedAgain: {
    steps: async (stage) => {
      await certificateIssued(stage);
      await stage.world.cluster.delete({ apiVersion: 'v1', kind: 'Secret', namespace: stage.namespace, name: web });
      return waiting(stage, 'AskedAgain', `${web}-2`);
    },
    says: '',
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
      await stage.world.cluster.apply(certificate(stage.namespace, web, { ...wanted, dnsNames: ['other.example.com'] }));
      return waiting(stage, 'OwnerHeld', `${web}-1`);
    },
    says: '',
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
    says: '',
  },
  KeyFamilyChanged: {
    steps: async (stage) => {
      await certificateIssued(stage);
      await stage.world.cluster.apply(
        stage.world.issuer(stage.namespace, pca, { parentIdentifier: 'sim-sub-rsa-2048' }),
      );
      await stage.world.cluster.waitForCondition(stage.issuerReference, { type: 'Ready', status: 'True' });
      await renew(stage.world.cluster, { namespace: stage.namespace, name: web });
      return waiting(stage, 'KeyFamilyChanged', `${web}-2`);
    },
    says: '',
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
    says: '',
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
    says: '',
  },
};
