// Which issuers have series of their own, and for how long.
import { expect, it } from 'vitest';
import { ofExistingIssuers } from '../../../src/operator/issuer-series.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { metricLines } from './log.ts';

const finished = /^pca_issuer_certificate_requests_total/;
const ofTeam = (issuer: string) => ({ issuer_kind: 'AlibabaPCAIssuer', issuer_namespace: 'team', issuer });
const ofAll = { issuer_kind: 'AlibabaPCAClusterIssuer', issuer_namespace: '', issuer: 'all' };
const line = (issuer: string, namespace: string, result: string, count: number, kind = 'AlibabaPCAIssuer') =>
  `pca_issuer_certificate_requests_total{issuer_kind="${kind}",issuer_namespace="${namespace}",issuer="${issuer}",result="${result}"} ${count}`;

it('those that exist, until they are gone; all others share one', async () => {
  const metrics = createMetrics();
  const existing = new Set(['AlibabaPCAIssuer/team/pca', 'AlibabaPCAClusterIssuer//all']);
  const counting = ofExistingIssuers(metrics, (key) => existing.has(key));
  const count = (labels: typeof ofAll, result: string) =>
    counting.count('pca_issuer_certificate_requests_total', { ...labels, result });
  count(ofTeam('pca'), 'issued');
  count(ofTeam('pca'), 'issued');
  count(ofTeam('pca'), 'denied');
  count(ofAll, 'issued');
  for (let number = 0; number < 50; number += 1) count(ofTeam(`nobody-${number}`), 'denied');
  const others = line('', '', 'denied', 50);
  const all = line('all', '', 'issued', 1, 'AlibabaPCAClusterIssuer');
  expect((await metricLines(metrics, finished)).toSorted()).toEqual(
    [line('pca', 'team', 'issued', 2), line('pca', 'team', 'denied', 1), all, others].toSorted(),
  );
  existing.delete('AlibabaPCAIssuer/team/pca');
  expect((await metricLines(metrics, finished)).toSorted()).toEqual([all, others].toSorted());
  count(ofTeam('pca'), 'denied');
  expect((await metricLines(metrics, finished)).toSorted()).toEqual([all, line('', '', 'denied', 51)].toSorted());
});

it('holds for what is measured as for what is counted', async () => {
  const metrics = createMetrics();
  const existing = new Set(['AlibabaPCAIssuer/team/pca']);
  const measuring = ofExistingIssuers(metrics, (key) => existing.has(key));
  const operation = 'CreateCustomCertificate';
  const counts = async () => metricLines(metrics, /^pca_issuer_approval_to_certificate_seconds_count/);
  const shown = (namespace: string, issuer: string) =>
    `pca_issuer_approval_to_certificate_seconds_count{issuer_kind="AlibabaPCAIssuer",issuer_namespace="${namespace}",issuer="${issuer}",operation="${operation}"} 1`;
  for (const issuer of ['pca', 'nobody'])
    measuring.observe('pca_issuer_approval_to_certificate_seconds', { ...ofTeam(issuer), operation }, 1);
  expect((await counts()).toSorted()).toEqual([shown('team', 'pca'), shown('', '')].toSorted());
  existing.clear();
  expect(await counts()).toEqual([shown('', '')]);
});

it('is no question for metrics that name no issuer', async () => {
  const metrics = createMetrics();
  const counting = ofExistingIssuers(metrics, () => false);
  counting.count('workqueue_adds_total', { name: 'issuer' }, 3);
  expect(await metricLines(metrics, /^workqueue_adds_total/)).toEqual(['workqueue_adds_total{name="issuer"} 3']);
});
