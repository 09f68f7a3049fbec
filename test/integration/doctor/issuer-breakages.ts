// Broken issuers: host, network, Secret, credentials, RAM, CA, quota.
import { freePort } from '../../../control-plane/driver/ports.ts';
import { trustClusterTokens } from '../../support/cluster-tokens.ts';
import { readProduct, serviceAccountTokens } from '../../support/product.ts';
import { canaries, shop } from './scene.ts';
import type { Scene } from './scene.ts';
import { brokenIssuer, readyIssuer } from './breakage.ts';
import type { Breakage } from './breakage.ts';

const wrongKey = { accessKeyId: canaries.accessKeyId, accessKeySecret: canaries.accessKeySecret };
const closedPort = await freePort();

const serviceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'pca', namespace: shop } };
const serviceAccountRef = {
  name: 'pca',
  roleArn: 'acs:ram::1234567890123456:role/shop',
  oidcProviderArn: 'acs:ram::1234567890123456:oidc-provider/c1',
};

function withSts({ world }: Scene, credentials: object) {
  return { credentials, stsEndpoint: { host: world.simulator.endpoint, protocol: 'HTTP' } };
}

/** In the order of the way to a certificate. */
export const issuerBreakages: readonly Breakage[] = [
  {
    name: 'The issuer names a host that the administrator has not allowed',
    apply: brokenIssuer('host-refused', () => ({ endpoint: { host: 'pca.example.com', protocol: 'HTTPS' } })),
    cause: /EndpointNotAllowed.*"pca\.example\.com"/,
  },
  {
    name: 'The host of PCA cannot be resolved',
    apply: brokenIssuer('no-name', () => ({ endpoint: { host: 'pca.invalid', protocol: 'HTTPS' } })),
    cause: /could not be resolved/,
  },
  {
    name: 'Nothing listens where PCA should be',
    apply: brokenIssuer('no-listener', () => ({ endpoint: { host: `127.0.0.1:${closedPort}`, protocol: 'HTTP' } })),
    cause: /connection was refused/,
  },
  {
    name: "The CA behind PCA's TLS certificate is not trusted",
    apply: brokenIssuer('no-trust', ({ https }) => ({ endpoint: { host: https.endpoint, protocol: 'HTTPS' } })),
    cause: /no trusted TLS connection/,
  },
  {
    name: 'HTTPS is spoken to a port of HTTP',
    apply: brokenIssuer('no-tls', ({ world }) => ({ endpoint: { host: world.simulator.endpoint, protocol: 'HTTPS' } })),
    cause: /TLS/,
  },
  {
    name: 'The Secret of the issuer does not exist',
    apply: brokenIssuer('no-secret', () => ({ credentials: { secretRef: { name: 'nowhere' } } })),
    cause: /Secret "shop\/nowhere", named by .*, does not exist/,
  },
  {
    name: 'The Secret holds no access key',
    apply: brokenIssuer('bad-secret', () => ({ credentials: { secretRef: { name: 'bad-secret' } } }), {
      accessKeyId: canaries.malformed,
      accessKeySecret: canaries.malformed,
    }),
    cause: /Secret "shop\/bad-secret".* holds no usable access key/,
  },
  {
    name: 'The access key is unknown to Alibaba Cloud',
    apply: brokenIssuer('wrong-key', () => ({ credentials: { secretRef: { name: 'wrong-key' } } }), wrongKey),
    cause: /access key is unknown, disabled or expired/,
  },
  {
    name: 'The access key secret is another one',
    apply: async (scene) => {
      const { accessKeyId } = scene.world.simulator.accessKey;
      const credentials = { secretRef: { name: 'wrong-secret' } };
      const key = { accessKeyId, accessKeySecret: canaries.accessKeySecret };
      const applied = await brokenIssuer('wrong-secret', () => ({ credentials }), key)(scene);
      return { ...applied, args: [...(applied.args ?? []), '--with-credentials'] };
    },
    cause: /signature does not match/,
  },
  {
    name: 'RAM does not allow the access key to describe the CA',
    apply: async (scene) => {
      const { simulator } = scene.world;
      simulator.setFaults({ deniedActions: ['DescribeCACertificate'] });
      const applied = await brokenIssuer('denied', () => ({}))(scene);
      return {
        ...applied,
        undo: async () => {
          simulator.setFaults({ deniedActions: [] });
          await applied.undo?.();
          await scene.cluster.waitForCondition(scene.pca, { type: 'Ready', status: 'True' });
        },
      };
    },
    cause: /PermissionDenied/,
  },
  {
    name: "A namespaced issuer wants the operator's own RAM role",
    apply: brokenIssuer('own-role', () => ({ credentials: { rrsa: {} } })),
    cause: /ALIBABA_CLOUD_OIDC_TOKEN_FILE|CredentialsNotAllowed/,
  },
  {
    name: 'The operator may not make tokens of the ServiceAccount that the issuer names',
    apply: async (scene) => {
      await scene.cluster.apply(serviceAccount);
      const applied = await brokenIssuer('no-token', () => ({ credentials: { serviceAccountRef } }))(scene);
      return { ...applied, args: [] };
    },
    cause: /It may not get serviceaccounts "pca" in namespace shop/,
  },
  {
    name: 'The RAM role does not trust the ServiceAccount of the issuer',
    apply: async (scene) => {
      await scene.cluster.apply([serviceAccount, ...serviceAccountTokens(await readProduct(), shop)]);
      scene.world.simulator.setRole({ arn: serviceAccountRef.roleArn });
      await trustClusterTokens(scene.world, serviceAccountRef.oidcProviderArn);
      return brokenIssuer('no-trusted-role', (present) => withSts(present, { serviceAccountRef }))(scene);
    },
    cause: /PermissionDenied.*AssumeRoleWithOIDC/,
  },
  {
    name: 'The cluster is not an OIDC provider of the account',
    apply: async (scene) => {
      await scene.cluster.apply([serviceAccount, ...serviceAccountTokens(await readProduct(), shop)]);
      const ref = { ...serviceAccountRef, oidcProviderArn: 'acs:ram::1234567890123456:oidc-provider/nobody' };
      return brokenIssuer('no-provider', (present) => withSts(present, { serviceAccountRef: ref }))(scene);
    },
    cause: /AssumeRoleWithOIDC/,
  },
  {
    name: 'Nothing listens where STS should be',
    apply: brokenIssuer('no-sts', () => ({
      stsEndpoint: { host: `127.0.0.1:${closedPort}`, protocol: 'HTTP' },
      credentials: {
        secretRef: { name: 'access-key' },
        assumeRole: { roleArn: 'acs:ram::1234567890123456:role/issue' },
      },
    })),
    cause: /STSUnavailable|connection was refused/,
  },
  {
    name: "The ConfigMap for what clients must trust is somebody else's",
    apply: async (scene) => {
      await scene.cluster.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'taken', namespace: shop },
        data: { 'ca.crt': 'of somebody else' },
      });
      await scene.grantConfigMaps();
      return brokenIssuer('taken', () => ({ trust: { publishTo: { name: 'taken' } } }))(scene);
    },
    cause: /ConfigMapTaken/,
  },
  {
    name: 'parentIdentifier names a root CA',
    apply: brokenIssuer('root-ca', () => ({ parentIdentifier: 'sim-root-ecc' })),
    cause: /IssuingCAIsRoot/,
  },
  {
    name: 'The CA is revoked',
    apply: brokenIssuer('revoked-ca', () => ({ parentIdentifier: 'sim-sub-revoked' })),
    cause: /IssuingCANotActive/,
  },
  {
    name: 'The CA does not exist in this account',
    apply: brokenIssuer('no-ca', () => ({ parentIdentifier: 'nobody-has-this-ca' })),
    cause: /IssuingCAUnusable/,
  },
  {
    name: 'The CA ends soon',
    apply: readyIssuer('short-ca', { parentIdentifier: 'sim-sub-short' }),
    cause: /CA "sim-sub-short" ends at/,
  },
  {
    name: 'The CA has no certificates left',
    apply: async (scene) => {
      const { simulator } = scene.world;
      simulator.setAuthority('sim-sub-rsa-2048', { quota: 0 });
      const applied = await brokenIssuer('no-quota', () => ({ parentIdentifier: 'sim-sub-rsa-2048' }))(scene);
      return {
        ...applied,
        undo: async () => {
          simulator.setAuthority('sim-sub-rsa-2048', { quota: 1_000_000 });
          await applied.undo?.();
        },
      };
    },
    cause: /IssuingCAExhausted/,
  },
  {
    name: 'The CA has few certificates left',
    apply: async (scene) => {
      const { simulator } = scene.world;
      simulator.setAuthority('sim-sub-rsa-2048', { quota: 12 });
      const applied = await readyIssuer('little-quota', { parentIdentifier: 'sim-sub-rsa-2048' })(scene);
      return {
        ...applied,
        undo: async () => {
          simulator.setAuthority('sim-sub-rsa-2048', { quota: 1_000_000 });
          await applied.undo?.();
        },
      };
    },
    cause: /has 12 certificates left/,
  },
];
