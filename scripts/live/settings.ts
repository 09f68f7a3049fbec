// What the live suite is told by the environment.

/** Where and with what the suite runs. */
export interface LiveSettings {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string | undefined;
  readonly region: string;
  /** `host[:port]`; undefined for the region's public endpoint. */
  readonly host: string | undefined;
  readonly protocol: 'HTTPS' | 'HTTP';
  /** Sub CAs by the family of their keys; at least one. */
  readonly parents: Readonly<Partial<Record<'RSA' | 'ECC', string>>>;
  readonly operations: readonly string[] | undefined;
}

/** The variables, for messages and docs. */
export const liveVariables = {
  PCA_LIVE_ACCESS_KEY_ID: 'AccessKey ID',
  PCA_LIVE_ACCESS_KEY_SECRET: 'its secret',
  PCA_LIVE_SECURITY_TOKEN: 'STS token, with a temporary AccessKey',
  PCA_LIVE_PARENT_ECC: 'identifier of a sub CA with an ECC key',
  PCA_LIVE_PARENT_RSA: 'identifier of a sub CA with an RSA key',
  PCA_LIVE_REGION: 'region; default cn-hangzhou',
  PCA_LIVE_ENDPOINT: "host[:port] instead of the region's public endpoint",
  PCA_LIVE_PROTOCOL: 'HTTPS (default) or HTTP',
  PCA_LIVE_OPERATIONS: 'comma list of operations; default all five',
} as const;

/** The settings in `environment`; undefined when key or CAs are missing. */
export function liveSettings(environment: Readonly<Record<string, string | undefined>>): LiveSettings | undefined {
  const read = (name: keyof typeof liveVariables): string | undefined => environment[name] || undefined;
  const accessKeyId = read('PCA_LIVE_ACCESS_KEY_ID');
  const accessKeySecret = read('PCA_LIVE_ACCESS_KEY_SECRET');
  const ecc = read('PCA_LIVE_PARENT_ECC');
  const rsa = read('PCA_LIVE_PARENT_RSA');
  if (accessKeyId === undefined || accessKeySecret === undefined || (ecc ?? rsa) === undefined) return undefined;
  return {
    accessKeyId,
    accessKeySecret,
    securityToken: read('PCA_LIVE_SECURITY_TOKEN'),
    region: read('PCA_LIVE_REGION') ?? 'cn-hangzhou',
    host: read('PCA_LIVE_ENDPOINT'),
    protocol: read('PCA_LIVE_PROTOCOL') === 'HTTP' ? 'HTTP' : 'HTTPS',
    parents: { ...(ecc === undefined ? {} : { ECC: ecc }), ...(rsa === undefined ? {} : { RSA: rsa }) },
    operations: read('PCA_LIVE_OPERATIONS')?.split(','),
  };
}
