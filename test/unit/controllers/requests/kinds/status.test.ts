// What is to be done with a request, and the conditions that are written to it.
import { describe, expect, it } from 'vitest';
import type { IssuedCertificate } from '../../../../../src/issuing/issued-certificate.ts';
import { isCertificateIn, nextStep, requestStatus } from '../../../../../src/controllers/requests/kinds/status.ts';
import { approved, certificateRequest, denied, ready } from '../../../../support/certificate-requests.ts';

describe('nextStep', () => {
  it.each([
    ['wait before approval', [], 'await'],
    ['wait before approval, whatever Ready says', [ready('Pending')], 'await'],
    ['sign once approved', [approved], 'sign'],
    ['sign an approved request that is pending', [approved, ready('Pending')], 'sign'],
    ['deny a request that is only denied', [denied], 'deny'],
    ['deny a request that was pending', [denied, ready('Pending')], 'deny'],
    ['deny when both are there', [approved, denied], 'deny'],
    ['nothing once issued', [approved, ready('Issued')], 'nothing'],
    ['nothing once failed', [approved, ready('Failed')], 'nothing'],
    ['nothing once the denial was written', [denied, ready('Denied')], 'nothing'],
    ['not take Approved=False for an approval', [{ ...approved, status: 'False' as const }], 'await'],
  ] as const)('says to do %s', (_name, conditions, step) => {
    expect(nextStep(certificateRequest({ conditions }))).toBe(step);
  });

  it('does nothing for a request that is being deleted', () => {
    expect(nextStep(certificateRequest({ metadata: { deletionTimestamp: '2026-11-22T10:00:05Z' } }))).toBe('nothing');
  });
});

describe('the status of a decision', () => {
  const created = { creationTimestamp: '2026-11-22T10:00:00Z' };
  const certificate: IssuedCertificate = {
    chain: 'leaf\nintermediate\n',
    ca: 'root\n',
    identifier: 'id-1',
    serialNumber: '0a1b',
    notBefore: new Date(0),
    notAfter: new Date(1),
    names: 1,
    anchor: undefined,
    differences: [],
  };

  it.each([
    ['our clock, when it is right', '2026-11-22T10:05:00.789Z', '2026-11-22T10:05:00Z'],
    ['a second after the creation, when our clock lags', '2026-11-22T09:55:00Z', '2026-11-22T10:00:01Z'],
  ])('dates a failure by %s', (_name, now, failureTime) => {
    const at = new Date(now);
    expect([
      requestStatus({ kind: 'failed', reason: 'InvalidCSR', message: 'No.', at }, created),
      requestStatus({ kind: 'denied', message: 'Denied.', at }, created),
    ]).toEqual([
      { condition: { type: 'Ready', status: 'False', reason: 'Failed', message: 'No.' }, failureTime },
      { condition: { type: 'Ready', status: 'False', reason: 'Denied', message: 'Denied.' }, failureTime },
    ]);
  });

  it('carries chain and ca with the condition on success', () => {
    expect(
      requestStatus(
        {
          kind: 'issued',
          message: 'Issued.',
          certificate,
          operation: 'CreateCustomCertificate',
          requestId: 'r-1',
          adopted: false,
        },
        created,
      ),
    ).toEqual({
      condition: { type: 'Ready', status: 'True', reason: 'Issued', message: 'Issued.' },
      certificate: Buffer.from('leaf\nintermediate\n').toString('base64'),
      ca: Buffer.from('root\n').toString('base64'),
    });
  });

  it('has neither certificate nor failureTime while pending', () => {
    const next = { kind: 'done' } as const;
    expect(
      requestStatus({ kind: 'waiting', reason: 'IssuerNotFound', detail: '', message: 'Waiting.', next }, created),
    ).toEqual({ condition: { type: 'Ready', status: 'False', reason: 'Pending', message: 'Waiting.' } });
  });

  it('is known by its certificate', () => {
    const written = Buffer.from(certificate.chain).toString('base64');
    expect([written, 'b3RoZXI=', undefined].map((text) => isCertificateIn(text, certificate))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('a certificate is there also with another chain below it', () => {
    const end = '-----END CERTIFICATE-----\n';
    const chainOf = (...names: readonly string[]): string => names.map((name) => `${name}\n${end}`).join('');
    const written = Buffer.from(chainOf('leaf', 'ca', 'root')).toString('base64');
    const holds = (chain: string): boolean => isCertificateIn(written, { ...certificate, chain });
    expect([chainOf('leaf', 'ca'), chainOf('leaf'), chainOf('ca', 'leaf'), 'leaf'].map(holds)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
