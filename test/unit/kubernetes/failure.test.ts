import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { classifyAnswer, classifyError } from '../../../src/kubernetes/failure.ts';

const receivedAt = new Date('2026-11-23T10:00:00Z');
const request = 'PATCH /apis/cert-manager.io/v1/namespaces/a/certificaterequests/b/status';

function statusBody(message: string, reason?: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason });
}

describe('classifyAnswer', () => {
  test.each([
    [500, statusBody('failed to create typed patch object (a/b): .status.x: field not declared in schema'), 'Defect'],
    [
      500,
      statusBody('failed calling webhook "webhook.cert-manager.io": failed to call webhook', 'InternalError'),
      'Transient',
    ],
    [422, statusBody('status.certificate: Invalid value', 'Invalid'), 'Invalid'],
    [400, statusBody('invalid object type', 'BadRequest'), 'Defect'],
    [401, statusBody('Unauthorized', 'Unauthorized'), 'Unauthorized'],
    [403, statusBody('forbidden', 'Forbidden'), 'Forbidden'],
    [404, '404 page not found', 'NotFound'],
    [409, statusBody('the object has been modified', 'Conflict'), 'Conflict'],
    [409, statusBody('leases "x" already exists', 'AlreadyExists'), 'Conflict'],
    [410, statusBody('too old', 'Expired'), 'Transient'],
    [413, '', 'Invalid'],
    [429, statusBody('storage is (re)initializing', 'TooManyRequests'), 'Throttled'],
    [503, 'the request has been made before all known HTTP paths have been installed', 'Transient'],
    [504, '{"metadata":{},"status":"Failure","message":"Timeout: request did not complete"}', 'Transient'],
    [502, '<html>bad gateway</html>', 'Transient'],
    [302, '', 'Defect'],
  ])('%i %s is %s', (status, text, expected) => {
    expect(classifyAnswer({ request, status, retryAfter: undefined, receivedAt, text }).class).toBe(expected);
  });

  test('says what was asked and what was answered', () => {
    const text = statusBody('the object has been modified', 'Conflict');
    expect(classifyAnswer({ request, status: 409, retryAfter: undefined, receivedAt, text })).toEqual({
      class: 'Conflict',
      status: 409,
      reason: 'Conflict',
      message: `${request} was answered 409 Conflict: the object has been modified`,
      retryAfterMs: undefined,
    });
  });

  test.each([
    { retryAfter: '5', text: '', ms: 5000 },
    { retryAfter: '86400', text: '', ms: 300_000 },
    { retryAfter: undefined, text: '{"details":{"retryAfterSeconds":1}}', ms: 1000 },
    { retryAfter: 'soon', text: '', ms: undefined },
    { retryAfter: '-1', text: '', ms: undefined },
    { retryAfter: 'Thu, 01 Jan 1970 00:00:00 GMT', text: '', ms: undefined },
    { retryAfter: 'Mon, 23 Nov 2026 10:00:07 GMT', text: '', ms: 7000 },
    { retryAfter: 'Mon, 23 Nov 2026 10:00:00 GMT', text: '', ms: undefined },
  ])('takes the wait from header "$retryAfter" or body "$text"', ({ retryAfter, text, ms }) => {
    expect(classifyAnswer({ request, status: 503, retryAfter, receivedAt, text }).retryAfterMs).toBe(ms);
  });

  test('takes any body, and never a long message', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 5000 }), fc.json()),
        fc.integer({ min: 300, max: 599 }),
        (text, status) => {
          expect(
            classifyAnswer({ request, status, retryAfter: text, receivedAt, text }).message.length,
          ).toBeLessThanOrEqual(1001);
        },
      ),
    );
  });
});

test('classifyError names the network error', () => {
  const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  expect(classifyError('GET /api', error)).toEqual({
    class: 'Transient',
    status: undefined,
    reason: 'ECONNREFUSED',
    message: 'GET /api failed: connect ECONNREFUSED 127.0.0.1:1',
    retryAfterMs: undefined,
  });
});
