// The readers of a CertificateRequest's conditions.
import { describe, expect, it } from 'vitest';

import {
  approval,
  certificateRequestPath,
  certificateRequestsPath,
  conditionOf,
  terminalState,
} from '../../../src/crds/cert-manager.ts';
import type { CertificateRequestCondition } from '../../../src/crds/cert-manager.ts';

const condition = (type: string, status: 'True' | 'False' | 'Unknown', reason = 'x'): CertificateRequestCondition => ({
  type,
  status,
  reason,
});

describe('approval', () => {
  it.each([
    ['no status', undefined, 'Undecided'],
    ['no conditions', {}, 'Undecided'],
    ['Ready alone', { conditions: [condition('Ready', 'False', 'Pending')] }, 'Undecided'],
    ['Approved', { conditions: [condition('Approved', 'True')] }, 'Approved'],
    ['Approved that is not True', { conditions: [condition('Approved', 'Unknown')] }, 'Undecided'],
    ['Denied', { conditions: [condition('Denied', 'True')] }, 'Denied'],
    ['Denied that is not True', { conditions: [condition('Denied', 'False')] }, 'Undecided'],
    ['both', { conditions: [condition('Approved', 'True'), condition('Denied', 'True')] }, 'Denied'],
    [
      'Approved and a withdrawn Denied',
      { conditions: [condition('Denied', 'False'), condition('Approved', 'True')] },
      'Approved',
    ],
  ] as const)('reads %s', (_, status, expected) => {
    expect(approval(status === undefined ? {} : { status })).toBe(expected);
  });
});

describe('terminalState', () => {
  it.each([
    ['no status', undefined, undefined],
    ['no Ready', { conditions: [condition('Approved', 'True')] }, undefined],
    ['Ready unknown', { conditions: [condition('Ready', 'Unknown', 'Initializing')] }, undefined],
    ['pending', { conditions: [condition('Ready', 'False', 'Pending')] }, undefined],
    ['a reason that cert-manager does not know', { conditions: [condition('Ready', 'False', 'Waiting')] }, undefined],
    ['failed', { conditions: [condition('Ready', 'False', 'Failed')] }, 'Failed'],
    ['denied', { conditions: [condition('Ready', 'False', 'Denied')] }, 'Denied'],
    ['denied by the approver only', { conditions: [condition('Denied', 'True')] }, undefined],
    ['unknown with reason Failed', { conditions: [condition('Ready', 'Unknown', 'Failed')] }, undefined],
    ['issued', { conditions: [condition('Approved', 'True'), condition('Ready', 'True', 'Issued')] }, 'Issued'],
    ['ready for another reason', { conditions: [condition('Ready', 'True', 'Done')] }, 'Issued'],
  ] as const)('reads %s', (_, status, expected) => {
    expect(terminalState(status === undefined ? {} : { status })).toBe(expected);
  });
});

describe('conditionOf', () => {
  it('finds a condition by its type and nothing else', () => {
    const ready = condition('Ready', 'True');
    const status = { conditions: [condition('Approved', 'True'), ready] };
    expect([conditionOf({ status }, 'Ready'), conditionOf({ status }, 'ready'), conditionOf({}, 'Ready')]).toEqual([
      ready,
      undefined,
      undefined,
    ]);
  });
});

it('names the collection and one request by path', () => {
  expect([certificateRequestsPath, certificateRequestPath({ namespace: 'ns', name: 'a' })]).toEqual([
    '/apis/cert-manager.io/v1/certificaterequests',
    '/apis/cert-manager.io/v1/namespaces/ns/certificaterequests/a',
  ]);
});
