// Ways to PCA and STS that are refused, read in the condition Ready; what proxies do is in test/integration/networks.
import { applying } from './ready.ts';
import type { Scene } from './stage.ts';

const regionOfVpc = 'Set spec.network to Public, or name in spec.endpoint.host the host that your VPC reaches.';
const inClear =
  'its protocol is HTTP, but it leads beyond this machine, and credentials would go there in clear (PlainHTTPRefused). Set protocol to HTTPS, or have the administrator allow plain HTTP with --plain-http-endpoints (Helm: plainHttpEndpoints).';
const roleArn = 'acs:ram::1234567890123456:role/pca-issuer';
// Of a network that nobody has (RFC 5737).
const elsewhere = { host: '198.51.100.7:9', protocol: 'HTTP' };

/** One scene for each such way. */
export const networkScenes: Readonly<Record<string, Scene>> = {
  'a region without a VPC host': {
    steps: applying('InvalidSettings', { network: 'VPC', region: 'eu-central-1', endpoint: {} }),
    says: `False: spec.network is VPC, but no VPC host of PCA is known in spec.region "eu-central-1", only in cn-hangzhou, ap-southeast-1, cn-hongkong, ap-southeast-3, ap-southeast-5. ${regionOfVpc}`,
  },
  'PCA without TLS': {
    steps: applying('EndpointNotAllowed', { endpoint: elsewhere }),
    says: `False: DescribeCACertificate at 198.51.100.7:9 failed, ${inClear} The protocol is spec.endpoint.protocol.`,
  },
  'STS without TLS': {
    steps: applying('EndpointNotAllowed', {
      stsEndpoint: elsewhere,
      credentials: { assumeRole: { roleArn, secretRef: { name: 'access-key' } } },
    }),
    says: `False: AssumeRole at 198.51.100.7:9 failed, ${inClear} The protocol is spec.stsEndpoint.protocol.`,
  },
};
