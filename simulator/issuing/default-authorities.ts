// The CAs of a simulator that is started without options: one of each kind that the documents name.
import type { AuthoritySeed } from './authority.ts';

/** The CAs that exist when the options name none. */
export const defaultAuthorities: readonly AuthoritySeed[] = [
  { identifier: 'sim-root-ecc', algorithm: 'ECC_256', kind: 'ROOT' },
  { identifier: 'sim-root-rsa', algorithm: 'RSA_2048', kind: 'ROOT' },
  {
    identifier: 'sim-sub-ecc-p256',
    algorithm: 'ECC_256',
    kind: 'SUB_ROOT',
    parent: 'sim-root-ecc',
    state: 'Zhejiang',
    locality: 'Hangzhou',
  },
  { identifier: 'sim-sub-rsa-2048', algorithm: 'RSA_2048', kind: 'SUB_ROOT', parent: 'sim-root-rsa' },
  { identifier: 'sim-sub-revoked', algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: 'sim-root-ecc', status: 'REVOKE' },
  { identifier: 'sim-sub-short', algorithm: 'ECC_256', kind: 'SUB_ROOT', parent: 'sim-root-ecc', days: 30 },
  {
    identifier: 'sim-sub-compliance',
    algorithm: 'ECC_256',
    kind: 'SUB_ROOT',
    parent: 'sim-root-ecc',
    issuerType: 'iTrusChina',
  },
  {
    identifier: 'sim-sub-ecc-issuing-cas',
    algorithm: 'ECC_256',
    kind: 'SUB_ROOT',
    parent: 'sim-root-ecc',
    pathLength: 2,
  },
  {
    identifier: 'sim-sub-rsa-issuing-cas',
    algorithm: 'RSA_2048',
    kind: 'SUB_ROOT',
    parent: 'sim-root-rsa',
    pathLength: 2,
  },
];
