// After a start nobody knows what an earlier process asked for. Its certificate is judged by what the request fixes, and one that
// only the key points to is told from those of other requests.
import { describe, expect, test } from 'vitest';
import type { Found, Wanted } from '../../../../../src/authority/certificate-authority.ts';
import type { Decision } from '../../../../../src/controllers/requests/decision.ts';
import { failed } from '../../../../support/fake-authority.ts';
import {
  certificatePath,
  issuerObject,
  issuerPath,
  signingRequest,
  uids,
  web,
  webCA,
} from '../../characterization/material.ts';
import { troubled } from '../decide/row.ts';
import { issues, replyTo } from '../replies.ts';
import type { Changes } from '../replies.ts';
import { issuerName, Rig } from '../rig.ts';
import type { Situation } from '../rig.ts';

const uid = uids['web-1'] ?? '';
const other = uids['web-2'] ?? '';
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const now = new Date('2026-11-22T00:16:40Z').getTime();
const requestedAt = new Date('2026-11-22T00:15:00Z').getTime();
const asked = 90 * day;

/** A certificate that begins then and lives so long. */
const from = (begin: number, lifetime = asked): Changes => ({
  notBefore: new Date(begin),
  notAfter: new Date(begin + lifetime),
});

/** What PCA has; of several for the key it gives the first that is wanted. */
const has =
  (...certificates: readonly Changes[]) =>
  async (wanted: Wanted): Promise<Found> => {
    for (const changes of certificates) {
      const reply = await replyTo(wanted.plan, changes);
      if (wanted.plan.identifier !== undefined || wanted.isWanted(reply)) return { kind: 'found', reply };
    }
    return { kind: 'absent' };
  };

/** An operator starts, finds the request approved and not ended, and what PCA has. */
function started(situation: Situation, ...certificates: readonly Changes[]): Rig {
  const rig = new Rig({ ...situation, pca: { find: [has(...certificates)], issue: [issues({ identifier: 'new' })] } });
  rig.memories.of(uid).inherited(0);
  return rig;
}

/** What became of the request, and what PCA was asked. */
async function outcome(rig: Rig, name = 'web-1'): Promise<readonly unknown[]> {
  return [inShort(await rig.decide(name)), rig.authority.asked.map((each) => each.split(' ')[0])];
}

function inShort(decision: Decision): unknown {
  if (decision.kind === 'failed') return decision.reason;
  return decision.kind === 'issued' ? decision.certificate.identifier : decision;
}

function issuerOf(rig: Rig): string {
  const { uid: issuerUid, generation = 0 } = issuerObject().metadata;
  const state = rig.readyIssuers.state(issuerName, { uid: issuerUid, generation });
  return state.kind === 'notReady' ? state.reason : state.kind;
}

const endOfCA = new Date(now + 30 * day);
const clamping: Situation = { spec: { validity: { onExceed: 'Clamp' } }, ca: { notAfter: endOfCA } };
const byKey = (spec: object = {}): Situation => ({ spec: { operation: 'CreateCertificateWithExtension', ...spec } });
const adopted = ['pca-1', ['find']];
const refused = (reason: string) => [reason, ['find']];
const called = ['new', ['find', 'issue']];

describe('with our identifier', () => {
  test.each<[string, Situation, Changes, readonly unknown[]]>([
    ['was cut at the end of the CA', clamping, from(now - minute, 30 * day + minute), adopted],
    ['was cut at a limit that the issuer has no longer', {}, from(now - minute, day), adopted],
    [
      'was not cut, since the limit is new',
      { spec: { validity: { onExceed: 'Clamp', maxDuration: '24h' } } },
      from(now - minute),
      adopted,
    ],
    ['came from a clock five minutes ahead', {}, from(now + 5 * minute), adopted],
    ['came from a clock ten minutes behind', {}, from(requestedAt - 10 * minute), adopted],
    ['was backdated less than is usual now', { spec: { validity: { backdate: '5m' } } }, from(now - minute), adopted],
    ['was backdated more than is usual now', {}, from(now - day), adopted],
    [
      'is longer than the issuer allows now',
      { spec: { validity: { maxDuration: '24h' } } },
      from(now - minute),
      adopted,
    ],
    [
      'is shorter than the issuer allows now',
      { spec: { validity: { minDuration: '8760h' } } },
      from(now - minute),
      adopted,
    ],
    [
      'just fitted into the life of the CA',
      { ca: { notAfter: new Date(now + asked - second) } },
      from(now - second),
      adopted,
    ],
    ['lives a second longer than was asked', {}, from(now - minute, asked + second), refused('ValidityMismatch')],
    ['begins more than five minutes from now', {}, from(now + 5 * minute + second), refused('ValidityMismatch')],
    [
      'is over',
      { requests: [web({ spec: { duration: '1h' } })] },
      from(now - hour, hour),
      refused('CertificateExpired'),
    ],
    ['carries another key', {}, { ...from(now - minute), key: 'other' }, refused('KeyMismatch')],
  ])('one that %s', async (_, situation, certificate, expected) => {
    const rig = started(situation, certificate);
    expect([await outcome(rig), issuerOf(rig)]).toEqual([expected, 'ready']);
  });

  test.each<[string, Situation, Changes, string]>([
    [
      'by the end of the CA',
      clamping,
      from(now - minute, 30 * day + minute),
      ' It is valid for 720h1m0s instead of 2160h0m0s, because of the end of CA "ca" (notAfter 2026-12-22T00:16:40Z).',
    ],
    [
      'by nobody knows what',
      {},
      from(now - minute, day),
      ' It is valid for 24h0m0s instead of 2160h0m0s, because of a limit of the CA or the issuer when it was called for.',
    ],
    ['not at all', clamping, from(now - minute), ''],
  ])('the message says how much it was cut: %s', async (_, situation, certificate, notice) => {
    const decision = await started(situation, certificate).decide();
    const message = decision.kind === 'issued' ? decision.message.replace(/5[0-9a-f]{31}/, 'SERIAL') : decision;
    expect(message).toBe(
      `Issued by Alibaba Cloud PCA with CreateCustomCertificate: serial number SERIAL, PCA identifier pca-1.${notice}`,
    );
  });

  test('what renewBefore would refuse today is handed out', async () => {
    const certificate = { spec: { renewBefore: '719h' } };
    const rig = started({ ...clamping, certificate }, from(now - minute, 30 * day + minute));
    expect(await outcome(rig)).toEqual(adopted);
  });

  test('what the issuer refuses today is refused where no certificate exists', async () => {
    expect(await outcome(started({ spec: { validity: { maxDuration: '24h' } } }))).toEqual([
      'DurationTooLong',
      ['find'],
    ]);
  });
});

describe('by its key alone', () => {
  const backdated = byKey({ validity: { backdate: '1h' } });
  test.each<[string, Situation, Changes, readonly unknown[]]>([
    ['begins when the request was made', byKey(), from(requestedAt), adopted],
    ['begins five minutes before the request', byKey(), from(requestedAt - 5 * minute), adopted],
    ['begins earlier than that', byKey(), from(requestedAt - 5 * minute - second), called],
    ['begins as early as the backdate makes it', backdated, from(requestedAt - hour - 5 * minute), adopted],
    ['begins earlier than that as well', backdated, from(requestedAt - hour - 5 * minute - second), called],
    [
      'begins earlier, where the validity does not count',
      byKey({ verification: { validity: 'Allow' } }),
      from(requestedAt - hour),
      called,
    ],
    [
      'has any length where the validity does not count',
      byKey({ verification: { validity: 'Allow' } }),
      from(requestedAt, day),
      adopted,
    ],
    ['came from a clock five minutes ahead', byKey(), from(now + 5 * minute), adopted],
    [
      'was cut at the end of the CA',
      { ...byKey({ validity: { onExceed: 'Clamp' } }), ca: { notAfter: endOfCA } },
      from(now - minute, 30 * day + minute),
      adopted,
    ],
    [
      'was cut at the limit of the issuer',
      byKey({ validity: { onExceed: 'Clamp', maxDuration: '24h' } }),
      from(now - minute, day),
      adopted,
    ],
    ['has another length', byKey(), from(now - minute, day), called],
    ['is over', { ...byKey(), requests: [web({ spec: { duration: '1h' } })] }, from(now - hour, hour), called],
  ])('one that %s', async (_, situation, certificate, expected) => {
    const rig = started(situation, certificate);
    expect([await outcome(rig), issuerOf(rig)]).toEqual([expected, 'ready']);
  });

  const revised = (revision: string): Situation => {
    const metadata = { annotations: { 'cert-manager.io/certificate-revision': revision } };
    const status = { notBefore: '2026-11-22T00:14:00Z', notAfter: '2027-02-20T00:14:00Z', revision: 1 };
    return { ...byKey(), requests: [web({ metadata })], certificate: { status } };
  };
  test.each<[string, Situation, readonly unknown[]]>([
    ['that is in use already belongs to the request before', revised('2'), called],
    ['that is in use may be that of the request whose end was removed', revised('1'), adopted],
    ['is not compared with what is in use where the revision is not known', { ...revised('x') }, adopted],
  ])('one %s', async (_, situation, expected) => {
    expect(await outcome(started(situation, from(requestedAt - minute)))).toEqual(expected);
  });

  test('nothing is adopted while the Certificate cannot be read', async () => {
    const rig = started(
      { ...byKey(), faults: [{ verb: 'get', path: certificatePath, failure: 'Forbidden' }] },
      from(now),
    );
    expect([await rig.decide(), rig.authority.asked]).toEqual([
      troubled('CertificateNotReady', 'Certificate "shop/web" could not be read: The API server says Forbidden.'),
      [],
    ]);
  });

  test('one that another request has in its status is not adopted', async () => {
    const rig = new Rig(byKey());
    const certificate = from(now - minute);
    let text = '';
    rig.authority.arm({
      find: [
        async ({ plan, isWanted }) => {
          const reply = await replyTo(plan, certificate);
          text = Buffer.from(`${reply.certificate}${reply.chain.join('')}`).toString('base64');
          rig.claims.written(other, text);
          return isWanted(reply) ? { kind: 'found', reply } : { kind: 'absent' };
        },
      ],
      issue: [issues({ identifier: 'new' })],
    });
    rig.memories.of(uid).inherited(0);
    expect(await outcome(rig)).toEqual(called);
  });

  test('of two requests with one key one gets the certificate that is there, and the other another', async () => {
    const rig = new Rig({ ...byKey(), requests: [web(), web({}, 'web-2')] });
    let made: ReturnType<typeof replyTo> | undefined;
    const finds = async ({ plan, isWanted }: Wanted): Promise<Found> => {
      const reply = await (made ??= replyTo(plan, from(now - minute)));
      return isWanted(reply) ? { kind: 'found', reply } : { kind: 'absent' };
    };
    rig.authority.arm({ find: [finds, finds], issue: [issues({ identifier: 'new' })] });
    for (const each of [uid, other]) rig.memories.of(each).inherited(0);
    const decisions = await Promise.all([rig.decide('web-1'), rig.decide('web-2')]);
    expect([decisions.map(inShort), rig.authority.asked.toSorted()]).toEqual([
      ['pca-1', 'new'],
      ['find unknown', 'find unknown', `issue ${other}`],
    ]);
  });

  test('an answer that comes after another request has found its certificate gets that request another', async () => {
    const rig = new Rig({ ...byKey(), requests: [web(), web({}, 'web-2')] });
    rig.authority.arm({
      issue: [
        async (plan) => {
          const reply = await replyTo(plan);
          rig.claims.take(other, reply.certificate);
          return { kind: 'ok', reply, requestId: 'R1' };
        },
        issues({ identifier: 'new' }),
      ],
      find: [{ kind: 'absent' }],
    });
    const first = await rig.decide();
    rig.clock.advance(minute);
    expect([first.kind === 'waiting' && first.trouble?.reason, await outcome(rig)]).toEqual([
      'CertificateNotReady',
      ['new', ['issue', 'find', 'issue']],
    ]);
  });
});

describe('a request whose end was removed', () => {
  /** The request as it is when its condition was taken away, with this certificate left. */
  async function left(changes: Changes, spec: object = {}): Promise<Rig> {
    const asking = new Rig({ spec, pca: { issue: [issues(changes)] } });
    const issued = await asking.decide();
    const text = issued.kind === 'issued' ? issued.certificate.chain : '';
    const request = web();
    const status = { ...request.status, certificate: Buffer.from(text).toString('base64') };
    const rig = new Rig({ spec, requests: [{ ...request, status }] });
    rig.clock.advance(hour);
    return rig;
  }

  test.each([
    ['with an identifier', {}],
    ['without one', byKey().spec],
  ])('gets it back with the certificate that its status still has, without any call (%s)', async (_, spec) => {
    const rig = await left({}, spec);
    const decision = await rig.decide();
    const message = decision.kind === 'issued' ? decision.message.replace(/5[0-9a-f]{31}/, 'SERIAL') : decision;
    const { operation = 'CreateCustomCertificate' } = spec as { readonly operation?: string };
    expect([message, rig.authority.asked]).toEqual([
      `Issued by Alibaba Cloud PCA with ${operation}: serial number SERIAL.`,
      [],
    ]);
  });

  test('is looked up where its status has a certificate that is not what was asked for', async () => {
    const request = web();
    const status = { ...request.status, certificate: Buffer.from('nonsense').toString('base64') };
    const rig = new Rig({ requests: [{ ...request, status }], pca: { find: [has(from(now - minute))] } });
    expect(await outcome(rig)).toEqual(adopted);
  });

  test.each<[string, Situation]>([
    ['web-1', byKey()],
    ['csr-1', { ...byKey(), requests: [signingRequest()] }],
  ])('and its certificate with it is looked up first, once (%s)', async (name, situation) => {
    const rig = new Rig({
      ...situation,
      pca: { find: [{ kind: 'absent' }], issue: [failed('Throttled'), issues({ identifier: 'new' })] },
    });
    rig.claims.take(uids[name] ?? '', 'the certificate that it had');
    await rig.decide(name);
    rig.clock.advance(minute);
    expect(await outcome(rig, name)).toEqual(['new', ['find', 'issue', 'issue']]);
  });
});

describe('a bought instance that was used', () => {
  const externalCA = { instanceIds: ['i-1'] };
  const entry = { instanceId: 'i-1', requestUID: uid, request: 'shop/web-1' };

  /** An operator starts with an issuer that refuses the request by now. */
  function startedCA(certificate: readonly Changes[], instances: readonly object[] = [entry]): Rig {
    const spec = { externalCA, validity: { maxDuration: '24h' } };
    const rig = started({ requests: [webCA()], spec }, ...certificate);
    rig.cluster.put(issuerPath, { ...issuerObject(spec), status: { externalCA: { instances } } });
    return rig;
  }
  const ca = from(now - minute, 365 * day);

  test('gives its certificate, whatever the issuer refuses by now', async () => {
    expect(await outcome(startedCA([{ ...ca, identifier: 'ca-1' }]))).toEqual(['ca-1', ['find']]);
  });

  test.each<[string, readonly object[], readonly string[]]>([
    ['was used for nothing', [entry], ['find']],
    ['was promised to another request', [{ ...entry, requestUID: other }], []],
  ])('does not keep the request where it %s', async (_, instances, asked) => {
    expect(await outcome(startedCA([], instances))).toEqual(['DurationTooLong', asked]);
  });
});
