// The rows of the error table about getting credentials: what STS objects to, and what our own client finds before it asks STS.

interface Row {
  readonly source: 'Code' | 'Client';
  readonly patterns: readonly string[];
  readonly class: 'Credentials' | 'Permission' | 'Transient';
  readonly mayHaveIssued: false;
  readonly meaning: string;
  readonly advice: string;
  readonly silent?: true;
}

/** AssumeRole and AssumeRoleWithOIDC of STS; the first row that fits decides. */
export const credentialCodes: readonly Row[] = [
  token(
    ['AuthenticationFail.OIDCToken.AudienceNotMatch'],
    'the OIDC token is for another audience',
    "Name a client ID of the OIDC provider in RAM as the token's audience, or add the audience to the provider.",
  ),
  token(
    ['AuthenticationFail.OIDCToken.Expired'],
    'the OIDC token has expired by the clock of STS',
    'Correct the clocks of the control plane.',
  ),
  token(
    ['AuthenticationFail.OIDCToken.HttpsUrlInvalid'],
    "STS cannot read the cluster's keys at the URL of its issuer",
    "Check that Alibaba Cloud reaches that URL and the jwks_uri that it names, and that the OIDC provider in RAM has the fingerprint of the CA behind the URL's certificate.",
  ),
  token(
    ['AuthenticationFail.OIDCToken.InvalidSignature'],
    'the OIDC token is signed with a key that the issuer of the cluster does not publish',
    "Publish the API server's present keys (kubectl get --raw /openid/v1/jwks) at the issuer's jwks_uri.",
  ),
  token(
    ['AuthenticationFail.OIDCToken*'],
    'STS does not accept the OIDC token',
    "Compare the cluster's OIDC provider in RAM (issuer URL, client ID, fingerprint) with the token's issuer and audience.",
  ),
  row(
    'Code',
    'Permission',
    ['AuthenticationFail.NoPermission*'],
    'the role may not be assumed by this identity',
    "Name the OIDC provider and the ServiceAccount (oidc:iss, oidc:aud, oidc:sub) in the role's trust policy.",
  ),
  row(
    'Code',
    'Credentials',
    ['EntityNotExist.Role*'],
    'the role does not exist',
    'Correct roleArn, or create the role.',
  ),
];

/** What our own client finds. */
export const credentialFaults: readonly Row[] = [
  row(
    'Client',
    'Credentials',
    ['OIDCTokenUnreadable'],
    "the pod's OIDC token could not be read",
    'Mount a projected ServiceAccount token with audience sts.aliyuncs.com there (Helm: rrsa.enabled), or correct ALIBABA_CLOUD_OIDC_TOKEN_FILE.',
  ),
  row(
    'Client',
    'Credentials',
    ['ServiceAccountNotFound'],
    'there is no such ServiceAccount',
    'Create it, or name another.',
  ),
  row('Client', 'Transient', ['ServiceAccountReplaced'], 'it was deleted and created anew meanwhile'),
  row(
    'Client',
    'Permission',
    ['TokenRequestForbidden'],
    'the operator may not make tokens there',
    'Grant it create on serviceaccounts/token (Helm: add the namespace to serviceAccountTokens.namespaces).',
  ),
  row(
    'Client',
    'Credentials',
    ['TokenRequestRefused'],
    'no such token is made',
    'Correct spec.credentials.serviceAccountRef.audience.',
  ),
  row(
    'Client',
    'Credentials',
    ['TokenForAPIServer'],
    'the API server would take the token itself, so it leaves the cluster for nobody',
    'Name a client ID of the OIDC provider that no API server has, such as sts.aliyuncs.com, in spec.credentials.serviceAccountRef.audience.',
  ),
  row('Client', 'Transient', ['TokenRequestFailed'], 'it gave none'),
  row(
    'Client',
    'Credentials',
    ['InstanceRoleNotAttached'],
    'the instance has no such role',
    'Attach the RAM role to the ECS instances of the nodes, or correct spec.credentials.ecsRole.name.',
  ),
  row(
    'Client',
    'Credentials',
    ['MetadataTokenRefused'],
    'the metadata service refuses calls with a token (IMDSv2)',
    "Turn it on for the nodes' instances, or have the administrator start the operator with --ecs-metadata-v1 (Helm: ecsRole.metadataV1).",
  ),
  row('Client', 'Transient', ['MetadataUnreadable'], 'the answer holds no credentials that can be used'),
  row('Client', 'Transient', ['MetadataFailed'], 'the metadata service had a fault'),
];

// Its own words may hold the token.
function token(patterns: readonly string[], meaning: string, advice: string): Row {
  return { ...row('Code', 'Credentials', patterns, meaning, advice), silent: true };
}

function row(
  source: Row['source'],
  errorClass: Row['class'],
  patterns: readonly string[],
  ...[meaning, advice = '']: [meaning: string, advice?: string]
): Row {
  return { source, patterns, class: errorClass, mayHaveIssued: false, meaning, advice };
}
