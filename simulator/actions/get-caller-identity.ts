/** Alibaba STS: GetCallerIdentity (2015-04-01), which tells whose credentials were used. */
import type { Action } from './action.ts';

/** Names the account and the access key's user. */
export const getCallerIdentity: Action = {
  name: 'GetCallerIdentity',
  version: '2015-04-01',
  parameters: [],
  answer: ({ accessKeyId }, { accountId }) => ({
    kind: 'answered',
    body: {
      AccountId: accountId,
      Arn: `acs:ram::${accountId}:user/${accessKeyId}`,
      IdentityType: 'RAMUser',
      PrincipalId: accessKeyId,
      UserId: accessKeyId,
    },
  }),
};
