// How a circumstance is brought about while requests are held, and what became of each of them afterwards.
import { X509Certificate } from 'node:crypto';
import { clientCertificates, warehouseCertificates } from '../../../src/issuing/certificate-store.ts';
import { conditionsOf } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { NotYet, until } from '../../support/wait.ts';
import { revoke } from '../faults/scene.ts';
import { circumstances, moments, operationsIn } from './circumstances.ts';
import type { Circumstance, End, Meanwhile } from './circumstances.ts';
import { spkiOf, verify } from './proof.ts';
import type { Played, Stage } from './stage.ts';

/** A request as it ended, and what became of its certificate. */
export interface Ended extends End {
  /** What is wrong with the certificate in its status, or that it is verified; undefined where it has none. */
  readonly certificate?: string;
}

/** Holds the requests at the moment, brings the circumstance about, and lets the operator recover. */
export async function playMeanwhile(stage: Stage, meanwhile: Meanwhile): Promise<readonly Played[]> {
  const circumstance: Circumstance = circumstances[meanwhile.circumstance];
  const { step, disturbance } = moments[meanwhile.moment];
  const operations = operationsIn(meanwhile);
  await stage.openScene(operations, circumstance.before);
  const { operator } = stage;
  operator.hold(step);
  if (disturbance === 'AnswersLost') stage.world.simulator.setFaults({ cutAfterIssuing: operations.length });
  const played = await stage.request(operations, { kind: circumstance.kind });
  await operator.reached(
    step,
    played.map(({ uid }) => uid),
  );
  const happens = async (): Promise<void> => bringAbout(stage, circumstance, played);
  switch (disturbance) {
    case 'Killed':
      await operator.kill();
      // Nobody waits for the Lease of a process that is gone.
      await stage.setLeaseHolder('');
      await happens();
      stage.startOperator({ clockAheadMs: circumstance.clockAheadMs ?? 0 });
      break;
    case 'AnswersLost':
    case undefined:
      await happens();
      if (circumstance.act !== 'delete with issuer') await stage.issuersReady(operations);
      operator.continue();
  }
  return played;
}

/** What became of them, by operation, when each has ended. */
export async function endsOf(stage: Stage, played: readonly Played[]): Promise<Readonly<Record<string, Ended>>> {
  const requests = await until('every request to end', async () => {
    // Trouble may cost the Lease; in a cluster the pod is started again.
    const { operator } = stage;
    const present = await stage.present(played);
    if (operator.hasEnded || !present.every(hasEnded)) throw new NotYet(present.map((each) => each['status']));
    return present;
  });
  const log = await stage.operator.logs();
  return Object.fromEntries(
    played.map(({ operation, uid, spki }) => {
      const request = requests.find(({ metadata }) => metadata.uid === uid);
      const { certificates, revoked, certificate } = paidFor(stage, spki, request);
      if (request === undefined) return [operation, { end: fateOf({ uid, log, revoked }), certificates }];
      if (readyOf(request)?.status === 'True') return [operation, { end: 'Ready', certificates, certificate }];
      return [operation, { end: failureOf(request), certificates }];
    }),
  );
}

async function bringAbout(stage: Stage, circumstance: Circumstance, played: readonly Played[]): Promise<void> {
  const { after, passesMs = 0, act } = circumstance;
  const { world } = stage;
  const operations = played.map(({ operation }) => operation);
  if (after !== undefined) await stage.changeIssuers(operations, after);
  stage.letTimePass(passesMs);
  if (act?.startsWith('delete') === true) await stage.withdraw(played);
  if (act === 'delete with issuer') await stage.withdrawIssuers(operations);
  if (act !== 'revoke') return;
  for (const { identifier, action } of world.simulator.issued()) {
    const store = action === 'CreateWHClientCertificate' ? warehouseCertificates : clientCertificates;
    await revoke(world, identifier, store);
  }
}

function paidFor(
  { world: { simulator } }: Stage,
  spki: string,
  request: Manifest | undefined,
): { readonly certificates: number; readonly revoked: number; readonly certificate: string } {
  const all = simulator.issued().map(({ pem, status }) => ({ status, leaf: new X509Certificate(pem) }));
  const paid = all.filter(({ leaf }) => spkiOf(leaf) === spki);
  const roots = simulator.cas.map(({ rootPem }) => new X509Certificate(rootPem));
  return {
    certificates: paid.length,
    revoked: paid.filter(({ status }) => status === 'REVOKE').length,
    certificate: verify(request, { spki, issued: all.map(({ leaf }) => leaf), roots }),
  };
}

/** What the operator did about the certificate of a request that is gone. */
function fateOf({
  uid,
  log,
  revoked,
}: {
  readonly uid: string;
  readonly log: string;
  readonly revoked: number;
}): string {
  const isReported = log.split('\n').some((line) => line.includes(uid) && line.includes('its request is gone'));
  if (!isReported) return 'unreported';
  return revoked > 0 ? 'reported and revoked' : 'reported';
}

function readyOf(
  request: Manifest,
): { readonly status: string; readonly reason?: string; readonly message?: string } | undefined {
  return conditionsOf(request).find(({ type }) => type === 'Ready');
}

function hasEnded(request: Manifest): boolean {
  const ready = readyOf(request);
  return ready?.status === 'True' || ready?.reason === 'Failed';
}

// A CertificateRequest has the reason in its message alone.
const failures: Readonly<Record<string, RegExp>> = {
  CertificateExpired: /it expired at/,
  CertificateRevoked: /revoked in PCA before it was written/,
  DurationTooLong: /is longer than the issuer allows/,
  EarlierCertificateNotFound: /exists already, but it is not found with CA/,
  SubjectMismatch: /its subject is .*, not the one that was asked for/,
};

function failureOf(request: Manifest): string {
  const message = readyOf(request)?.message ?? '';
  return Object.keys(failures).find((reason) => failures[reason]?.test(message)) ?? message;
}
