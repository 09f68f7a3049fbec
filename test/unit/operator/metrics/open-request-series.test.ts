// How many requests are open, and since when.
import { expect, it } from 'vitest';
import type { CachedRequest } from '../../../../src/controllers/requests/kinds/cached-request.ts';
import { openRequestReader } from '../../../../src/operator/metrics/open-request-series.ts';
import { createMetrics } from '../../../../src/runtime/metrics.ts';
import { metricLines } from '../log.ts';

const names = /^pca_issuer_(open_requests|oldest_open_request_timestamp_seconds)\{/;

function request(issuer: string | undefined, approval: CachedRequest['approval'], seconds: number): CachedRequest {
  return {
    metadata: { name: 'r', namespace: 'team', uid: 'u', resourceVersion: '1' },
    issuer,
    object: { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest' },
    createdAt: seconds * 1_000,
    kind: 'AlibabaPCAIssuer',
    approval,
    isControlled: true,
    message: undefined,
    sameCA: undefined,
  };
}

function lines(kind: string, namespace: string, issuer: string, approval: string, count: number, oldest: number) {
  const labels = `{issuer_kind="${kind}",issuer_namespace="${namespace}",issuer="${issuer}",approval="${approval}"}`;
  return [
    `pca_issuer_open_requests${labels} ${count}`,
    `pca_issuer_oldest_open_request_timestamp_seconds${labels} ${oldest}`,
  ];
}

it('are told by issuer and approval, and those of issuers that do not exist together; nothing stays of those that are finished', async () => {
  const metrics = createMetrics();
  const team = 'AlibabaPCAIssuer/team/pca';
  const open = [
    request(team, 'Approved', 200),
    request(team, 'Approved', 100),
    request(team, 'Undecided', 50),
    request('AlibabaPCAIssuer/team/nobody', 'Approved', 30),
    request(undefined, 'Approved', 40),
  ];
  const signing = [request('AlibabaPCAClusterIssuer//all', 'Approved', 10)];
  const existing = new Set([team, 'AlibabaPCAClusterIssuer//all']);
  metrics.beforeRender(
    openRequestReader(metrics, [{ list: () => open }, { list: () => signing }], (key) => existing.has(key)),
  );
  const all = lines('AlibabaPCAClusterIssuer', '', 'all', 'Approved', 1, 10);
  expect((await metricLines(metrics, names)).toSorted()).toEqual(
    [
      ...lines('AlibabaPCAIssuer', 'team', 'pca', 'Approved', 2, 100),
      ...lines('AlibabaPCAIssuer', 'team', 'pca', 'Undecided', 1, 50),
      ...lines('', '', '', 'Approved', 2, 30),
      ...all,
    ].toSorted(),
  );
  open.splice(0);
  expect((await metricLines(metrics, names)).toSorted()).toEqual(all.toSorted());
});
