// A user's way to each reason that is about a ServiceAccount or the role of the node, read in the condition Ready.
import type { IssuerReason } from '../../../src/controllers/issuers/reasons.ts';
import { readProduct, serviceAccountTokens } from '../../support/product.ts';
import { issuerApiVersion } from '../../support/world.ts';
import { applying, told } from './ready.ts';
import { pca } from './stage.ts';
import type { Scene, Stage } from './stage.ts';

const account = 'acs:ram::1234567890123456';
const credentials = {
  serviceAccountRef: {
    name: pca,
    roleArn: `${account}:role/pca-issuer`,
    oidcProviderArn: `${account}:oidc-provider/c1`,
  },
};

async function allowTokens({ world, namespace }: Stage): Promise<void> {
  await world.cluster.apply(serviceAccountTokens(await readProduct(), namespace));
}

/** One scene for each. */
export const identityScenes = {
  ServiceAccountNotFound: {
    steps: async (stage) => {
      await allowTokens(stage);
      return applying('ServiceAccountNotFound', { credentials })(stage);
    },
    says: 'False: ServiceAccount "NAMESPACE/pca", named by spec.credentials.serviceAccountRef, does not exist. Create it, and name it in the trust policy of the role; the issuer is checked again automatically.',
  },
  ServiceAccountForbidden: {
    steps: async (stage) => applying('ServiceAccountForbidden', { credentials })(stage),
    says: 'False: The operator may not read ServiceAccount "NAMESPACE/pca": GET /api/v1/namespaces/NAMESPACE/serviceaccounts/pca was answered 403 Forbidden: serviceaccounts "pca" is forbidden: User "system:serviceaccount:alibaba-pca-issuer:alibaba-pca-issuer" cannot get resource "serviceaccounts" in API group "" in the namespace "NAMESPACE". Grant its ServiceAccount a Role in namespace "NAMESPACE" with apiGroups [""], resources ["serviceaccounts"], verbs ["get"], and resources ["serviceaccounts/token"], verbs ["create"] (Helm: add the namespace to serviceAccountTokens.namespaces).',
  },
  ServiceAccountUnreadable: {
    steps: async (stage) => {
      await allowTokens(stage);
      stage.loseAnswers(({ method, url }) => method === 'GET' && url.includes(`/${stage.namespace}/serviceaccounts/`));
      return applying('ServiceAccountUnreadable', { credentials })(stage);
    },
    says: 'False: ServiceAccount "NAMESPACE/pca" could not be read: GET /api/v1/namespaces/NAMESPACE/serviceaccounts/pca failed: UND_ERR_SOCKET: other side closed. The issuer is checked again automatically.',
  },
  MetadataUnavailable: {
    steps: async (stage) => {
      const kind = 'AlibabaPCAClusterIssuer';
      const name = stage.namespace;
      const { spec } = stage.world.issuer(name, pca, { credentials: { ecsRole: {} } });
      await stage.world.cluster.apply({ apiVersion: issuerApiVersion, kind, metadata: { name }, spec });
      return told(stage, 'MetadataUnavailable', { apiVersion: issuerApiVersion, kind, name });
    },
    says: 'False: Reading the role of the ECS instance at HOST failed, the connection was refused (ECONNREFUSED). Check the endpoint, DNS, network policies and the egress of the operator. The metadata service of the ECS instance gives the credentials of spec.credentials.ecsRole. It is tried again automatically. If this lasts, check that the nodes are ECS instances and that pods reach the service (IMDSv2 answers no pod beyond its hop limit; Helm: networkPolicy.extraEgress).',
  },
} satisfies Partial<Readonly<Record<IssuerReason, Scene>>>;
