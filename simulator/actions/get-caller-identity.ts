// GetCallerIdentity (STS, 2015-04-01): the account and the user or role session behind the access key.
import { createHash } from 'node:crypto';
import type { AccessKey } from '../protocol/signature.ts';
import type { Action } from './action.ts';

export const getCallerIdentity: Action = {
  name: 'GetCallerIdentity',
  version: '2015-04-01',
  issues: false,
  needsNoPermission: true,
  parameters: [],
  run: (_given, _service, caller) => ({ kind: 'answered', body: identityOf(caller) }),
};

function identityOf(key: AccessKey): Readonly<Record<string, string>> {
  const account = key.accountId ?? digits('account', key.accessKeyId, 16);
  const { roleName, sessionName } = key.session ?? { roleName: 'simulator', sessionName: 'simulator' };
  const id = digits('identity', key.session === undefined ? key.accessKeyId : roleName, 18);
  return key.securityToken === undefined
    ? {
        AccountId: account,
        UserId: id,
        Arn: `acs:ram::${account}:user/simulator`,
        IdentityType: 'RAMUser',
        PrincipalId: id,
      }
    : {
        AccountId: account,
        UserId: `${id}:${sessionName}`,
        RoleId: id,
        Arn: `acs:ram::${account}:assumed-role/${roleName}/${sessionName}`,
        IdentityType: 'AssumedRoleUser',
        PrincipalId: `${id}:${sessionName}`,
      };
}

/** So many decimal digits that are always the same for a key, the first of them 1. */
function digits(purpose: string, accessKeyId: string, length: number): string {
  const hash = createHash('sha256').update(`${purpose}/${accessKeyId}`).digest();
  return `1${String(hash.readBigUInt64BE() % 10n ** BigInt(length - 1)).padStart(length - 1, '0')}`;
}
