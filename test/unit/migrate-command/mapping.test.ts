// From issuers of alibabacloud-privateca-issuer to specs of ours.
import { describe, expect, it } from 'vitest';
import { admit } from '../../../src/crds/admission.ts';
import { issuerSpecSchema } from '../../../src/crds/issuer-schema/spec.ts';
import { incumbentKinds } from '../../../src/migrate-command/incumbent.ts';
import type { IncumbentIssuer, IncumbentSpec } from '../../../src/migrate-command/incumbent.ts';
import { mapIssuer } from '../../../src/migrate-command/mapping.ts';

const parentIdentifier = '1ef1da5f-38ed-69b3-8c52-037781890265';
const roleArn = 'acs:ram::1234567890123456:role/pca';
const remoteArn = 'acs:ram::6543210987654321:role/remote';
const oidcProviderArn = 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1';
const [ofNamespace, ofCluster] = incumbentKinds;
const key = (half: string, changes: object = {}) => ({ namespace: 'shop', name: 'key', key: half, ...changes });
const keys = { accessKey: key('id'), accessKeySecret: key('secret') };
const secretRef = { name: 'key', keys: { accessKeyId: 'id', accessKeySecret: 'secret' } };
const mayReadShop = 'The operator needs the right to read Secrets in shop (Helm: secretAccess).';
const onlyWithFlag = 'AlibabaPCAIssuers may use the role of the node only with --issuer-ecs-role.';

function issuer(spec: IncumbentSpec, isClusterWide = false): IncumbentIssuer {
  const place = isClusterWide ? { kind: ofCluster, namespace: undefined } : { kind: ofNamespace, namespace: 'shop' };
  return { ...place, name: 'pca', spec: { parentIdentifier, ...spec } };
}

describe('credentials', () => {
  it.each<[string, IncumbentIssuer, object, readonly string[]]>([
    [
      'a role with an OIDC provider',
      issuer({ ramRoleARN: roleArn, oidcProviderARN: oidcProviderArn, ramRoleSessionName: 'ignored' }, true),
      { rrsa: { roleArn, oidcProviderArn } },
      [
        "The trust policy of the role must allow the ServiceAccount of this operator, as it allowed the incumbent's (docs/credentials.md).",
      ],
    ],
    [
      'the same of a namespace',
      issuer({ ramRoleARN: roleArn, oidcProviderARN: oidcProviderArn }),
      { rrsa: { roleArn, oidcProviderArn } },
      [
        "The trust policy of the role must allow the ServiceAccount of this operator, as it allowed the incumbent's (docs/credentials.md).",
        "AlibabaPCAIssuers may use the operator's role only with --issuer-ambient-credentials.",
      ],
    ],
    ['an access key', issuer(keys), { secretRef }, [mayReadShop]],
    [
      'an access key, cluster-wide',
      issuer(keys, true),
      { secretRef },
      [
        "The Secret key must be in the operator's cluster resource namespace (--cluster-resource-namespace); the incumbent read it in shop. The operator needs the right to read it (Helm: secretAccess).",
      ],
    ],
    [
      'a role that is assumed with a key',
      issuer({ ...keys, ramRoleARN: roleArn, ramRoleSessionName: 'pca' }),
      { secretRef, assumeRole: { roleArn, sessionName: 'pca' } },
      [mayReadShop],
    ],
    [
      'a key with a role that has no session name',
      issuer({ ...keys, ramRoleARN: roleArn }),
      { secretRef },
      [mayReadShop],
    ],
    ['nothing', issuer({}, true), { ecsRole: {} }, []],
    ['nothing, of a namespace', issuer({}), { ecsRole: {} }, [onlyWithFlag]],
    [
      'one half of two',
      issuer({ ramRoleARN: roleArn }),
      { ecsRole: {} },
      [
        `It names ramRoleARN ${roleArn} without oidcProviderARN, so the incumbent used the role of its node, and so will this issuer. Check whether that was meant.`,
        onlyWithFlag,
      ],
    ],
    [
      'the other half',
      issuer({ oidcProviderARN: oidcProviderArn }, true),
      { ecsRole: {} },
      [
        `It names oidcProviderARN ${oidcProviderArn} without ramRoleARN, so the incumbent used the role of its node, and so will this issuer. Check whether that was meant.`,
      ],
    ],
    [
      'a remote role on top',
      issuer({ ...keys, remoteRamRoleARN: remoteArn, remoteRamRoleSessionName: 'r1' }),
      { secretRef, assumeRole: { roleArn: remoteArn, sessionName: 'r1' } },
      [mayReadShop],
    ],
    [
      'what had no effect',
      issuer({ remoteRamRoleARN: remoteArn, roleSessionExpiration: '1h' }, true),
      { ecsRole: {} },
      [
        `The incumbent ignored remoteRamRoleARN ${remoteArn}, because remoteRamRoleSessionName is missing, and so it is left out. Add credentials.assumeRole if it was meant.`,
        'roleSessionExpiration had no effect, and is left out.',
      ],
    ],
  ])('%s', (_, incumbent, credentials, notes) => {
    const mapped = mapIssuer(incumbent);
    expect(mapped).toEqual({ kind: 'mapped', spec: { parentIdentifier, credentials }, notes });
    const spec = mapped.kind === 'mapped' ? mapped.spec : {};
    expect(admit(issuerSpecSchema, spec, 'spec')).toMatchObject({ kind: 'admitted', unknown: [] });
  });
});

it.each<[string, IncumbentIssuer, string]>([
  [
    'two Secrets',
    issuer({ ...keys, accessKeySecret: key('secret', { name: 'other' }) }),
    'The two halves of its access key are in two Secrets, shop/key and shop/other. Put both into one, and make the issuer by hand.',
  ],
  [
    'a Secret of another namespace',
    issuer({
      accessKey: key('id', { namespace: 'kube-system' }),
      accessKeySecret: key('secret', { namespace: 'kube-system' }),
    }),
    'Its access key is in the Secret kube-system/key, and an AlibabaPCAIssuer reads Secrets of its own namespace alone. Put it into a Secret of shop, and change accessKey and accessKeySecret to that.',
  ],
  [
    'two roles one after the other',
    issuer({
      ...keys,
      ramRoleARN: roleArn,
      ramRoleSessionName: 'pca',
      remoteRamRoleARN: remoteArn,
      remoteRamRoleSessionName: 'r1',
    }),
    'It assumes ramRoleARN with an access key, and remoteRamRoleARN with that role. Here a key assumes one role: let its user assume remoteRamRoleARN itself, and make the issuer by hand.',
  ],
  [
    'a CA that no issuer could name',
    issuer({ parentIdentifier: 'x'.repeat(200) }, true),
    'Its new spec would be refused: spec.parentIdentifier must have at most 128 characters, but has 200.',
  ],
])('%s is refused', (_, incumbent, why) => {
  expect(mapIssuer(incumbent)).toEqual({ kind: 'refused', why });
});
