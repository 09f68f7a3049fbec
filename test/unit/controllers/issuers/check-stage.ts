// One check of one issuer with the real parts: only the API server, STS and PCA are doubles.
import type { PcaOutcome } from '../../../../src/alibaba/call.ts';
import { CertificateSearches } from '../../../../src/authority/certificate-search.ts';
import { IssuerCheck } from '../../../../src/controllers/issuers/check.ts';
import type { CheckResult } from '../../../../src/controllers/issuers/check.ts';
import { IssuerCredentials } from '../../../../src/controllers/issuers/credentials.ts';
import { CredentialVersions } from '../../../../src/controllers/issuers/identity/credential-versions.ts';
import { ServiceAccounts } from '../../../../src/controllers/issuers/identity/service-accounts.ts';
import { SourceIdentities } from '../../../../src/controllers/issuers/identity/source-identities.ts';
import { IssuerSecrets } from '../../../../src/controllers/issuers/secret.ts';
import { judgeIssuer } from '../../../../src/controllers/issuers/tenancy/judge.ts';
import type { IssuerRules } from '../../../../src/controllers/issuers/tenancy/rules.ts';
import { TrustSources } from '../../../../src/controllers/issuers/trust/trust-sources.ts';
import type { Issuer } from '../../../../src/crds/issuer.ts';
import type { KubernetesClient } from '../../../../src/kubernetes/client.ts';
import type { KubernetesResult } from '../../../../src/kubernetes/failure.ts';
import { podIdentity } from '../../../../src/runtime/pod-identity.ts';
import { describedCA } from '../../../support/certificates.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { noLimits } from '../../authority/authority-stage.ts';
import { answered, never, PcaDouble } from '../../authority/pca-double.ts';
import type { Answer } from '../../authority/pca-double.ts';
import { hierarchy, issuerObject, read, secretData } from './objects.ts';

/** What a check finds where nothing else is said: a readable Secret and an active CA. */
export interface Found {
  readonly issuer?: Issuer;
  readonly secret?: KubernetesResult<unknown>;
  readonly described?: Answer;
  readonly environment?: Readonly<Record<string, string>>;
  /** What STS says of the account. */
  readonly account?: Promise<string>;
  /** The object of spec.trust.certificatesFrom. */
  readonly trusted?: KubernetesResult<unknown>;
  readonly roots?: Answer;
  readonly rules?: IssuerRules;
  /** What is read at the API server. */
  readonly onRead?: (path: string) => void;
  readonly signal?: AbortSignal;
}

/** A Secret with an access key. */
export const readableSecret = read({ metadata: { resourceVersion: '7' }, data: secretData });

/** The answer to DescribeCACertificate, with these fields. */
export function describedWith(fields: Readonly<Record<string, unknown>> = {}): PcaOutcome {
  return answered(describedCA(hierarchy, fields));
}

/** The comparison of Secrets and ServiceAccounts at an API server that reads so. */
export function versionsAt(get: KubernetesClient['get']): CredentialVersions {
  return new CredentialVersions(new IssuerSecrets({ get }, 'issuers'), new ServiceAccounts({ get }, 'issuers'));
}

/** The credentials with the API server, STS and PCA of `found`. */
export function checkParts({ secret = readableSecret, described = describedWith(), ...found }: Found): {
  readonly check: IssuerCheck;
  readonly pca: PcaDouble;
} {
  const pca = new PcaDouble({
    DescribeCACertificate: described,
    ...(found.roots === undefined ? {} : { DescribeCACertificateList: found.roots }),
  });
  const kubernetes = {
    get: async <T>(path: string) => {
      found.onRead?.(path);
      return secret as KubernetesResult<T>;
    },
  };
  const environment = podIdentity(found.environment ?? {});
  const credentials = new IssuerCredentials({
    identities: new SourceIdentities({
      secrets: new IssuerSecrets(kubernetes, 'issuers'),
      serviceAccounts: new ServiceAccounts(kubernetes, 'issuers'),
      podIdentity: environment,
      lent: { podRole: false, instanceRole: false },
    }),
    connect: () => pca.call,
    roles: {
      get: async () => ({
        kind: 'ok',
        accessKey: { accessKeyId: 'STS.1', accessKeySecret: 'x', securityToken: 't' },
      }),
      drop: () => undefined,
      stateOf: () => undefined,
    },
    accounts: { of: async () => found.account ?? '42', identityOf: async () => undefined },
    podIdentity: environment,
    hosts: { allows: (host) => host !== 'refused.example' },
  });
  const clock = new FakeClock();
  const sources = new TrustSources({ get: async <T>() => found.trusted as KubernetesResult<T> }, 'issuers');
  const check = new IssuerCheck(credentials, new CertificateSearches(noLimits, clock), sources, {
    clock,
    judge: (issuer) => judgeIssuer(found.rules, issuer, environment),
  });
  return { check, pca };
}

/** What the check comes to. */
export async function checked(found: Found): Promise<CheckResult> {
  return checkParts(found).check.check(found.issuer ?? issuerObject(), found.signal ?? never);
}
