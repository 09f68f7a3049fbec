// For tests about other credentials: a machine without a role.
import type { InstanceRole } from '../../../../src/alibaba/credentials/instance-role.ts';
import { clientFailure } from '../../../../src/alibaba/errors.ts';
import type { FailedCall } from '../../../../src/alibaba/errors.ts';

const about: FailedCall = {
  action: 'Reading',
  host: 'metadata',
  service: 'Metadata',
  sent: true,
  redact: (text) => text,
};

/** Its metadata service knows of no role. */
export const noInstance: Pick<InstanceRole, 'credentials' | 'about'> = {
  about,
  credentials: async () => ({ kind: 'failed', failure: clientFailure('InstanceRoleNotAttached', about) }),
};
