// The addresses of PCA and STS.
import type { Schema } from '../schema.ts';
import { certificatesRules } from './certificates-rules.ts';

const label = '[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?';
/** From 1 to 65535. */
const port = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

const endpointOf = (description: string, hostDescription: string) =>
  ({
    type: 'object',
    description,
    properties: {
      host: {
        type: 'string',
        description: hostDescription,
        maxLength: 260,
        'x-kubernetes-validations': [
          {
            rule: `self.matches('^(${label}(\\\\.${label})*|\\\\[[0-9A-Fa-f:.]+\\\\])(:${port})?$')`,
            message: 'must be a host name with an optional port, without https:// and without a path',
          },
        ],
      },
      protocol: {
        type: 'string',
        description:
          "HTTPS, or HTTP for a gateway or simulator on the operator's own loopback; elsewhere only with the operator's --plain-http-endpoints.",
        enum: ['HTTPS', 'HTTP'],
        default: 'HTTPS',
      },
      caBundle: {
        type: 'string',
        description: "PEM certificates to trust for this endpoint instead of the system's, for a private gateway.",
        maxLength: 65536,
        'x-kubernetes-validations': certificatesRules,
      },
    },
    'x-kubernetes-validations': [
      {
        rule: "!has(self.caBundle) || self.protocol == 'HTTPS'",
        message: 'caBundle has no effect with protocol HTTP; remove it or use HTTPS',
      },
    ],
  }) as const satisfies Schema;

/** Whose hosts are meant where the issuer names none. */
export const networkSchema = {
  type: 'string',
  description:
    "Which hosts of Alibaba Cloud are called where endpoint and stsEndpoint name none. VPC: those that the region's VPCs reach without a way to the Internet; the operator must run in such a VPC, and docs/networks.md has the regions with one.",
  enum: ['Public', 'VPC'],
  default: 'Public',
} as const satisfies Schema;

const pcaEndpoint = endpointOf(
  "Address of PCA's API, if it is not the region's endpoint for network.",
  "Host name with an optional port, such as cas-vpc.cn-hangzhou.aliyuncs.com, among those of the operator's --issuer-hosts. Left out: the region's host for network.",
);

/** PCA's API. */
export const endpointSchema = { ...pcaEndpoint, default: {} } as const satisfies Schema;

/** PCA's API for an entry of `spec.failover`, which may leave it to the issuer. */
export const failoverEndpointSchema = {
  ...pcaEndpoint,
  description:
    "Address of PCA's API for this entry. Left out: the issuer's own where the entry names no region, else the region's host for network.",
} as const satisfies Schema;

/** STS, which issues the temporary credentials of roles. */
export const stsEndpointSchema = endpointOf(
  "Address of STS for credentials.rrsa and credentials.assumeRole. Left out: for network VPC the region's VPC host, else the address in the operator's environment, else the region's public endpoint. An AlibabaPCAIssuer with rrsa cannot set it.",
  "Host name with an optional port, such as sts-vpc.cn-hangzhou.aliyuncs.com, among those of the operator's --issuer-hosts. Left out: for network VPC the region's VPC host, else ALIBABA_CLOUD_STS_ENDPOINT of the operator, else the region's public endpoint.",
);

/** STS for an entry of `spec.failover`. */
export const failoverStsEndpointSchema = {
  ...stsEndpointSchema,
  description:
    "Address of STS for this entry. Left out: the issuer's own where the entry names no region, else what an issuer of that region has by default.",
} as const satisfies Schema;
