// GetCAInstanceStatus (2020-06-30): the purchased instances, of the CAs and of external sub CAs, with times in milliseconds.
import type { Authority } from '../issuing/authority.ts';
import type { Instance } from '../issuing/instances.ts';
import type { Action } from './action.ts';

const year = 365 * 86_400_000;

export const getCAInstanceStatus: Action = {
  name: 'GetCAInstanceStatus',
  version: '2020-06-30',
  issues: false,
  parameters: [
    { name: 'Identifier', type: 'string', maximumLength: 64 },
    { name: 'InstanceId', type: 'string', maximumLength: 64 },
  ],
  run(given, { authorities, instances, now }) {
    const [identifier, instanceId] = [given.get('Identifier'), given.get('InstanceId')];
    const all = [
      ...[...authorities.values()].map(instanceOfAuthority),
      ...[...instances.values()].map((instance) => externalInstance(instance, now())),
    ];
    return {
      kind: 'answered',
      body: {
        InstanceStatusList: all.filter(
          (item) =>
            (identifier === undefined || item.Identifier === identifier) &&
            (instanceId === undefined || item.InstanceId === instanceId),
        ),
      },
    };
  },
};

interface InstanceStatus {
  readonly Identifier: string;
  readonly InstanceId: string;
  readonly Status: 'BUY' | 'USED' | 'REVOKE';
  readonly Type: 'ROOT' | 'SUB_ROOT';
  readonly CertTotalCount: number;
  readonly CertIssuedCount: number;
  readonly BeforeTime: number;
  readonly AfterTime: number;
  readonly UseExpireTime: number;
}

function instanceOfAuthority(authority: Authority): InstanceStatus {
  return {
    Identifier: authority.identifier,
    InstanceId: `cas_deposit-${authority.identifier}`,
    Status: authority.status === 'REVOKE' ? 'REVOKE' : 'USED',
    Type: authority.kind,
    CertTotalCount: authority.quota,
    CertIssuedCount: authority.issuedCount,
    BeforeTime: authority.notBefore.getTime(),
    AfterTime: authority.notAfter.getTime(),
    UseExpireTime: (authority.subscriptionEnd ?? authority.notAfter).getTime(),
  };
}

function externalInstance({ instanceId, certificate }: Instance, now: Date): InstanceStatus {
  return {
    Identifier: certificate?.identifier ?? '',
    InstanceId: instanceId,
    Status: certificate === undefined ? 'BUY' : 'USED',
    Type: 'SUB_ROOT',
    CertTotalCount: 0,
    CertIssuedCount: 0,
    BeforeTime: certificate?.notBefore.getTime() ?? 0,
    AfterTime: certificate?.notAfter.getTime() ?? 0,
    UseExpireTime: certificate?.notAfter.getTime() ?? now.getTime() + year,
  };
}
