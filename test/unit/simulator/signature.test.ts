// Every way to sign a call wrongly gets the code that Alibaba's gateway answers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../../simulator/simulator.ts';
import type { SimulatorHandle } from '../../../simulator/simulator.ts';
import { signedCall } from './signed-call.ts';
import type { CallChanges } from './signed-call.ts';

const parameters = { Identifier: 'sim-sub-ecc-p256' };
const minute = 60_000;
const session = { accessKeyId: 'STS.sim', accessKeySecret: 'session-secret', securityToken: 'token+/=' };
const ended = { ...session, accessKeyId: 'STS.ended', expiresAt: '2020-01-01T00:00:00Z' };

let simulator: SimulatorHandle;
beforeAll(async () => {
  simulator = await startSimulator({
    accessKeys: [{ accessKeyId: 'LTAI', accessKeySecret: 'secret' }, session, ended],
  });
});
afterAll(() => simulator.close());

describe('a call that is signed correctly', () => {
  const rows: readonly (readonly [string, CallChanges])[] = [
    ['with its parameters in the form body', { placement: 'form' }],
    ['with its parameters in the query', { placement: 'query' }],
    ['with GET', { placement: 'query', method: 'GET' }],
    ['14 minutes late', { date: new Date(Date.now() - 14 * minute) }],
    ['14 minutes early', { date: new Date(Date.now() + 14 * minute) }],
    [
      'with a session',
      { accessKeyId: 'STS.sim', secret: session.accessKeySecret, securityToken: session.securityToken },
    ],
  ];
  it.each(rows)('is answered %s', async (_name, changes) => {
    const { status, body } = await signedCall(simulator, 'DescribeCACertificate', parameters, changes);
    expect([status, Object.keys(body)]).toEqual([200, ['RequestId', 'Certificate']]);
  });

  it('may carry every character in its parameters', async () => {
    const odd = { Identifier: "公司 (1)*'!~+%2B&=/?#\u{1F512}" };
    for (const placement of ['query', 'form'] as const) {
      const { body } = await signedCall(simulator, 'DescribeCACertificate', odd, { placement });
      expect(body['Code']).toBe('NotFound');
    }
  });
});

describe('a call that is signed wrongly', () => {
  const signatureRefused = [400, 'SignatureDoesNotMatch'];
  const stsKey = { accessKeyId: 'STS.sim', secret: session.accessKeySecret };
  const rows: readonly (readonly [string, CallChanges, readonly unknown[]])[] = [
    ['with another secret', { secret: 'other' }, signatureRefused],
    ['with another secret in the query', { secret: 'other', placement: 'query' }, signatureRefused],
    ['with a body that was changed after signing', { otherBody: 'Identifier=other' }, signatureRefused],
    ['without the action in the signature', { unsigned: ['x-acs-action'] }, signatureRefused],
    ['without the host in the signature', { unsigned: ['host'] }, signatureRefused],
    ['with an unknown access key', { accessKeyId: 'LTAIother' }, [404, 'InvalidAccessKeyId.NotFound']],
    ['16 minutes late', { date: new Date(Date.now() - 16 * minute) }, [400, 'InvalidTimeStamp.Expired']],
    ['16 minutes early', { date: new Date(Date.now() + 16 * minute) }, [400, 'InvalidTimeStamp.Expired']],
    ['with a date of another form', { date: 'Mon, 23 Nov 2026 00:00:00 GMT' }, [400, 'InvalidTimeStamp.Format']],
    ['with a token for a plain key', { securityToken: 'x' }, [400, 'InvalidSecurityToken.MismatchWithAccessKey']],
    ['with the wrong token', { ...stsKey, securityToken: 'x' }, [400, 'InvalidSecurityToken.MismatchWithAccessKey']],
    ['without the token of its session', stsKey, [400, 'InvalidSecurityToken.Malformed']],
    [
      'with a token that has ended',
      { ...stsKey, accessKeyId: 'STS.ended', securityToken: session.securityToken },
      [400, 'InvalidSecurityToken.Expired'],
    ],
    [
      'without its token in the signature',
      { ...stsKey, securityToken: session.securityToken, unsigned: ['x-acs-security-token'] },
      signatureRefused,
    ],
    ['by an older method', { authorization: 'acs LTAI:abc=' }, [400, 'IncompleteSignature']],
  ];
  it.each(rows)('is refused %s', async (_name, changes, expected) => {
    const { status, body } = await signedCall(simulator, 'DescribeCACertificate', parameters, changes);
    expect([status, body['Code']]).toEqual(expected);
    expect(Object.keys(body)).toEqual(['RequestId', 'HostId', 'Code', 'Message', 'Recommend']);
  });

  it('is refused with a nonce that was used before', async () => {
    const changes = { nonce: 'used-twice' };
    const first = await signedCall(simulator, 'DescribeCACertificate', parameters, changes);
    const second = await signedCall(simulator, 'DescribeCACertificate', parameters, changes);
    expect([first.status, second.status, second.body['Code']]).toEqual([200, 400, 'SignatureNonceUsed']);
  });
});

describe('an action that is not there', () => {
  const rows: readonly (readonly [string, CallChanges, readonly unknown[]])[] = [
    ['an unknown name', { action: 'CreateSomething' }, [404, 'InvalidAction.NotFound']],
    ['another version', { version: '2020-04-07' }, [404, 'InvalidVersion']],
    ['another method', { method: 'PUT' }, [404, 'UnsupportedHTTPMethod']],
  ];
  it.each(rows)('is refused: %s', async (_name, changes, expected) => {
    const { status, body } = await signedCall(simulator, 'DescribeCACertificate', parameters, changes);
    expect([status, body['Code']]).toEqual(expected);
  });
});
