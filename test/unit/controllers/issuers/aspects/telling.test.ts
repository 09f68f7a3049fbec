// Conditions beside Ready as they are written and told: each warning once, whatever restarts, and fields that the CRD lacks.
import { beforeEach, describe, expect, it } from 'vitest';
import { StatusWriter } from '../../../../../src/controllers/issuers/status-writer.ts';
import { IssuerAspects } from '../../../../../src/controllers/issuers/aspects/issuer-aspects.ts';
import type { IssuerFacts } from '../../../../../src/controllers/issuers/aspects/facts.ts';
import { issuerKey } from '../../../../../src/crds/issuer-ref.ts';
import { issuerKind } from '../../../../../src/crds/issuer.ts';
import type { Issuer } from '../../../../../src/crds/issuer.ts';
import { withoutFields } from '../../../../../src/kubernetes/undeclared-fields.ts';
import { createMetrics } from '../../../../../src/runtime/metrics.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { issuingCA } from '../../../../support/issuing.ts';
import { never } from '../../../authority/pca-double.ts';
import { hierarchy, issuerObject, read, unserved } from '../objects.ts';

const identity = { kind: issuerKind('AlibabaPCAIssuer')!, namespace: 'shop', name: 'pca' };
const key = issuerKey(identity);
const dayMs = 86_400_000;
const ca = { ...issuingCA(hierarchy), remainingCertificates: 900, totalCertificates: 1_000 };

/** An operator that checks one issuer again and again; `restart` leaves nothing of it but the status. */
class Stage {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly metrics = createMetrics();
  issuer: Issuer = issuerObject();
  undeclared: readonly string[] = [];
  applies = 0;
  #aspects = new IssuerAspects(this.clock, 300_000);
  #writer = this.#newWriter();

  async check(changes: Partial<typeof ca> = {}, facts: Partial<IssuerFacts> = {}): Promise<readonly string[]> {
    const described = { ...ca, ...changes };
    const nothing = { identity: undefined, credentialsEnd: undefined, renewalFailure: undefined };
    const none = { ...nothing, clockOffsetSeconds: undefined, subscriptionEnd: undefined };
    this.#aspects.checked(key, this.issuer, { ...none, ca: described, ...facts });
    const seen = { problem: undefined, ca: described };
    const observed = this.#aspects.observe(key, this.issuer, seen);
    await this.#writer.write(identity, this.issuer, { ...seen, observed }, never);
    return (this.issuer.status?.conditions ?? []).map(({ type, reason }) => `${type} ${reason}`);
  }

  restart(): void {
    this.#aspects = new IssuerAspects(this.clock, 300_000);
    this.#writer = this.#newWriter();
  }

  forget(): void {
    this.#writer.forget(identity);
  }

  async series(): Promise<readonly string[]> {
    const { text } = await this.metrics.render();
    return text.split('\n').filter((line) => /^pca_issuer_.*issuer="pca"/.test(line));
  }

  #newWriter(): StatusWriter {
    return new StatusWriter({
      kubernetes: {
        applyStatus: async (_path, body) => {
          this.applies += 1;
          const { status } = body as { readonly status: NonNullable<Issuer['status']> };
          const stored = withoutFields({ status }, this.undeclared);
          if (JSON.stringify(stored) !== JSON.stringify({ status })) {
            const said = this.undeclared.map((field) => `${field}: field not declared in schema`).join('\n');
            return { ...unserved('Defect'), failure: { ...unserved('Defect').failure, message: said } };
          }
          this.issuer = { ...this.issuer, status: stored.status };
          return read(undefined);
        },
      },
      fieldManager: 'test',
      operator: 'issuers/test',
      events: { record: ({ type, reason }) => void this.told.push(`${type} ${reason}`) },
      metrics: this.metrics,
      logger: {
        debug: () => undefined,
        info: () => undefined,
        warn: (fields) => void this.told.push(`warn ${String((fields as { readonly reason?: string }).reason)}`),
        error: () => undefined,
      },
      clock: this.clock,
    });
  }
}

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

const endingIn = (days: number): { readonly notAfter: Date } => ({
  notAfter: new Date(stage.clock.now().getTime() + days * dayMs),
});

describe('a warning', () => {
  it('is told once, in event and log, also by the next process', async () => {
    await stage.check(endingIn(59));
    stage.clock.skip(600_000);
    await stage.check(endingIn(59));
    stage.restart();
    await stage.check(endingIn(59));
    expect(stage.told).toEqual(['Normal Checked', 'warn CAEndsSoon', 'Warning CAEndsSoon']);
  });

  it('is told again when it comes back, and when it becomes another', async () => {
    for (const days of [59, 70, 59, 13]) await stage.check(endingIn(days));
    expect(stage.told.filter((line) => line.startsWith('Warning'))).toEqual([
      'Warning CAEndsSoon',
      'Warning CAEndsSoon',
      'Warning CAEndsVerySoon',
    ]);
  });

  it('leaves the time of the last transition, since the condition was and is True', async () => {
    await stage.check(endingIn(70));
    const before = stage.issuer.status?.conditions.map(({ lastTransitionTime }) => lastTransitionTime);
    stage.clock.skip(600_000);
    await stage.check(endingIn(59));
    expect(stage.issuer.status?.conditions.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual(before);
  });

  it('has series that go with it, and all series go with the issuer', async () => {
    const warnings = async () => (await stage.series()).filter((line) => line.includes('_warning{'));
    await stage.check(endingIn(59), { clockOffsetSeconds: 90, credentialsEnd: stage.clock.now() });
    const labels = 'issuer_kind="AlibabaPCAIssuer",issuer_namespace="shop",issuer="pca"';
    expect((await warnings()).toSorted()).toEqual([
      `pca_issuer_issuer_warning{${labels},reason="CAEndsSoon"} 1`,
      `pca_issuer_issuer_warning{${labels},reason="ClockOff"} 1`,
    ]);
    await stage.check(endingIn(70));
    expect(await warnings()).toEqual([]);
    stage.forget();
    expect(await stage.series()).toEqual([]);
  });
});

describe('under a CRD without the fields', () => {
  const undeclared = [
    '.status.identity',
    '.status.quota',
    '.status.longestAskedLifetime',
    '.status.lastCheckTime',
    '.status.nextCheckTime',
    '.status.ca.chainFingerprints',
  ];
  const identityFacts = { identity: { accountId: '42', arn: undefined, type: undefined } };

  it('the conditions are told, and nothing is written for what has no place', async () => {
    stage.undeclared = undeclared;
    await stage.check(endingIn(59), identityFacts);
    const { applies } = stage;
    for (let checks = 0; checks < 4; checks += 1) {
      stage.clock.skip(300_000);
      await stage.check({ notAfter: new Date(stage.issuer.status?.ca?.notAfter ?? '') }, identityFacts);
    }
    expect([applies, stage.applies, Object.keys(stage.issuer.status ?? {})]).toEqual([
      2,
      2,
      ['observedGeneration', 'operator', 'conditions', 'ca'],
    ]);
    expect(stage.issuer.status?.conditions.map(({ reason }) => reason)).toEqual([
      'Checked',
      'Accepted',
      'CAEndsSoon',
      'Available',
    ]);
  });

  it('the fields are there with the first change after it was upgraded', async () => {
    stage.undeclared = undeclared;
    await stage.check(endingIn(59), identityFacts);
    stage.undeclared = [];
    await stage.check(endingIn(13), identityFacts);
    expect(stage.issuer.status?.identity).toEqual({ accountId: '42' });
  });
});
