// Trouble of an issuer that was ready: what may pass is looked at again before anybody is told, and a fault that issuing met
// is its condition until its time is over.
import { beforeEach, describe, expect, it } from 'vitest';
import type { IssuerPass } from '../../../../src/controllers/issuers/issuer-pass.ts';
import type { IssuerProblem } from '../../../../src/controllers/issuers/reasons.ts';
import { refused } from '../../authority/pca-double.ts';
import { readableSecret } from './check-stage.ts';
import { checkSeconds, key, secretSeconds, Stage } from './controller-stage.ts';
import { issuerObject, owner, read, secretData, unserved } from './objects.ts';

const fault: IssuerProblem = { reason: 'CapacityExhausted', message: 'None left.' };
let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

/** Issuing meets a fault of the issuer. */
function meetFault(): void {
  using pass = stage.readyIssuers.enter(key, stage.readyIssuers.last(key)!, owner);
  pass?.fault(fault);
}

/** The request that goes first tries again. */
function tryAgain(): IssuerPass | undefined {
  if (stage.state !== 'ready') return undefined;
  return stage.readyIssuers.enter(key, stage.readyIssuers.last(key)!, owner);
}

function secretOf(resourceVersion: string): Stage['secret'] {
  return read({ metadata: { resourceVersion }, data: secretData });
}

describe('trouble of a ready issuer', () => {
  it.each([
    ['its Secret may not be read', unserved('Forbidden'), 'SecretForbidden'],
    ['its Secret cannot be read', unserved('Transient'), 'SecretUnreadable'],
  ])('is told when it has lasted for half a minute: %s', async (_, secret, reason) => {
    expect(await stage.after(0)).toEqual(['after', 'ready']);
    stage.secret = secret;
    expect([await stage.after(secretSeconds), await stage.after(29), stage.written]).toEqual([
      ['retry', 'ready'],
      ['retry', 'ready'],
      ['Checked'],
    ]);
    expect([await stage.after(1), stage.written]).toEqual([
      ['retry', 'notReady'],
      ['Checked', reason],
    ]);
  });

  it('is told when it has lasted for half a minute: PCA is away', async () => {
    await stage.after(0);
    stage.described = refused('Transient', { message: 'PCA is away.' });
    expect([await stage.after(checkSeconds), await stage.after(29), await stage.after(1), stage.written]).toEqual([
      ['retry', 'ready'],
      ['retry', 'ready'],
      ['retry', 'notReady'],
      ['Checked', 'PCAUnavailable'],
    ]);
    expect(stage.lines[1]).toBe(
      `info: It counts as ready for a moment longer: ${stage.issuer?.status?.conditions[0]?.message}`,
    );
  });

  it('counts anew when the issuer was well in between', async () => {
    await stage.after(0);
    stage.secret = unserved('Forbidden');
    expect([await stage.after(secretSeconds), await stage.after(29)]).toEqual([
      ['retry', 'ready'],
      ['retry', 'ready'],
    ]);
    stage.secret = readableSecret;
    expect(await stage.after(1)).toEqual(['after', 'ready']);
    stage.secret = unserved('Forbidden');
    expect([await stage.after(secretSeconds), await stage.after(29), stage.written]).toEqual([
      ['retry', 'ready'],
      ['retry', 'ready'],
      ['Checked'],
    ]);
  });

  it('is told at once where it does not pass, or where the issuer was not ready before', async () => {
    stage.secret = unserved('Forbidden');
    expect([await stage.after(0), stage.written]).toEqual([['retry', 'notReady'], ['SecretForbidden']]);
    stage.secret = readableSecret;
    expect(await stage.after(1)).toEqual(['after', 'ready']);
    stage.secret = unserved('NotFound');
    expect([await stage.after(secretSeconds), stage.written]).toEqual([
      ['retry', 'notReady'],
      ['SecretForbidden', 'Checked', 'SecretNotFound'],
    ]);
  });
});

describe('a fault that issuing met', () => {
  beforeEach(async () => {
    await stage.reconcile();
    meetFault();
  });

  it('is written without a check, once, and kept until its time is over', async () => {
    expect(await stage.reconcile()).toEqual({ kind: 'after', ms: 15_000 });
    expect(await stage.after(5)).toEqual(['after', 'notReady']);
    expect([stage.checks, stage.written, stage.issuer?.status?.ca?.keyAlgorithm]).toEqual([
      1,
      ['Checked', 'CapacityExhausted'],
      'ECC',
    ]);
    expect(stage.gauges.get('pca_issuer_issuer_ready AlibabaPCAIssuer shop pca')).toBe(0);
    expect([await stage.after(10), stage.checks, stage.written]).toEqual([
      ['after', 'ready'],
      2,
      ['Checked', 'CapacityExhausted'],
    ]);
  });

  it('leaves the issuer not ready for people until a certificate shows that it is over', async () => {
    await stage.reconcile();
    await stage.after(15);
    const before = stage.written;
    tryAgain()?.issued();
    expect([await stage.after(1), before, stage.written, stage.lines.at(-1), stage.checks]).toEqual([
      ['after', 'ready'],
      ['Checked', 'CapacityExhausted'],
      ['Checked', 'CapacityExhausted', 'Checked'],
      'info: The issuer is ready.',
      2,
    ]);
    expect(stage.gauges.get('pca_issuer_issuer_ready AlibabaPCAIssuer shop pca')).toBe(1);
  });

  it('is not followed by Ready and the same fault again at the end of each hold', async () => {
    await stage.reconcile();
    for (const seconds of [15, 30, 60, 120]) {
      await stage.after(seconds);
      tryAgain()?.fault(fault);
      await stage.reconcile();
    }
    expect([stage.written, stage.lines.filter((line) => line.startsWith('info')).length]).toEqual([
      // The last one only says when the issuer is checked next.
      ['Checked', 'CapacityExhausted', 'CapacityExhausted'],
      1,
    ]);
    expect(stage.events.map(({ reason }) => reason)).toEqual(['Checked', 'CapacityExhausted']);
  });

  it('is over without a certificate when nobody asks for one for a while', async () => {
    await stage.reconcile();
    await stage.after(15);
    expect([await stage.after(14), stage.written.length]).toEqual([['after', 'ready'], 2]);
    stage.writeAnswer = unserved('Transient');
    expect([await stage.after(1), stage.written.length]).toEqual([['retry', 'ready'], 3]);
    stage.writeAnswer = read(undefined);
    expect([await stage.after(1), await stage.after(1), stage.written, stage.checks]).toEqual([
      ['after', 'ready'],
      ['after', 'ready'],
      ['Checked', 'CapacityExhausted', 'Checked', 'Checked'],
      2,
    ]);
  });

  it('is looked at again as soon as its Secret is another one', async () => {
    await stage.reconcile();
    stage.secret = secretOf('8');
    expect([await stage.after(1), stage.checks]).toEqual([['after', 'ready'], 2]);
    tryAgain()?.issued();
    await stage.reconcile();
    expect(stage.written).toEqual(['Checked', 'CapacityExhausted', 'Checked']);
  });

  it('is held on while its Secret cannot be read', async () => {
    await stage.reconcile();
    stage.secret = unserved('Transient');
    expect([await stage.after(1), stage.checks]).toEqual([['after', 'notReady'], 1]);
  });

  it('is not ended again and again by a Secret that changes in a loop', async () => {
    await stage.reconcile();
    let version = 8;
    for (let seconds = 0; seconds < 3_600; seconds += 5) {
      stage.secret = secretOf(String((version += 1)));
      await stage.after(5);
      tryAgain()?.fault(fault);
    }
    // Those that ended in time or early in an hour; without a bound there would be 720.
    expect(stage.checks).toBeLessThan(25);
  });

  it('has its Secret looked at as often as that of a ready issuer', async () => {
    await stage.reconcile();
    for (const seconds of [15, 30]) {
      await stage.after(seconds);
      tryAgain()?.fault(fault);
    }
    expect(await stage.reconcile()).toEqual({ kind: 'after', ms: secretSeconds * 1_000 });
  });

  it('is written again when the write failed', async () => {
    stage.writeAnswer = unserved('Transient');
    const reason = "writing the issuer's status: the API server says no";
    expect(await stage.reconcile()).toEqual({ kind: 'retry', reason });
  });

  it('does not keep a changed spec from its check', async () => {
    stage.issuer = issuerObject(undefined, { namespace: 'shop', generation: 2 });
    expect([await stage.after(0), stage.checks]).toEqual([['after', 'ready'], 2]);
  });
});
