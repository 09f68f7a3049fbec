// The pod's RAM role as its environment gives it. ack-pod-identity-webhook injects these variables, and the chart sets the
// same ones where it mounts the token itself (Alibaba Cloud, ACK, "Use RRSA to authorize different pods").

/** The pod's own identity at Alibaba Cloud, as far as its environment gives one. */
export interface PodIdentity {
  readonly roleArn: string | undefined;
  readonly oidcProviderArn: string | undefined;
  /** File with the pod's OIDC token; its content changes before the token ends. */
  readonly tokenFile: string | undefined;
  readonly sessionName: string;
  /** `host[:port]` of STS. */
  readonly stsHost: string | undefined;
  readonly stsRegion: string | undefined;
  /** Whether Alibaba Cloud's VPC hosts are to be used. */
  readonly vpc: boolean;
}

const defaultSessionName = 'alibaba-pca-issuer';

/** Reads the identity; an empty variable counts as absent. */
export function podIdentity(environment: Readonly<Record<string, string | undefined>>): PodIdentity {
  const read = (name: string): string | undefined => {
    const value = environment[`ALIBABA_CLOUD_${name}`]?.trim();
    return value === '' ? undefined : value;
  };
  return {
    roleArn: read('ROLE_ARN'),
    oidcProviderArn: read('OIDC_PROVIDER_ARN'),
    tokenFile: read('OIDC_TOKEN_FILE'),
    sessionName: read('ROLE_SESSION_NAME') ?? defaultSessionName,
    stsHost: read('STS_ENDPOINT')?.replace(/^https?:\/\//, ''),
    stsRegion: read('STS_REGION'),
    vpc: read('VPC_ENDPOINT_ENABLED')?.toLowerCase() === 'true',
  };
}
