import { expect, it } from 'vitest';
import { apiRequests, requestsPerCertificate } from '../../../../scripts/bench/stage/api-requests.ts';

const text = `# HELP apiserver_request_total Counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="cert-manager.io",resource="certificaterequests",scope="resource",subresource="status",verb="APPLY",version="v1"} 40
apiserver_request_total{code="409",component="apiserver",dry_run="",group="cert-manager.io",resource="certificaterequests",scope="resource",subresource="status",verb="APPLY",version="v1"} 2
apiserver_request_total{code="200",component="apiserver",dry_run="",group="cert-manager.io",resource="certificaterequests",scope="resource",subresource="",verb="GET",version="v1"} 1.5e+01
apiserver_request_total{code="201",component="apiserver",dry_run="",group="events.k8s.io",resource="events",scope="resource",subresource="",verb="POST",version="v1"} 7
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"} 99
apiserver_request_duration_seconds_count{resource="events",verb="POST"} 7
`;

it('adds up the answers of each kind, and takes server-side apply for the patch that it is', () => {
  expect(apiRequests(text, ['certificaterequests', 'events'])).toEqual({
    'PATCH certificaterequests/status': 42,
    'GET certificaterequests': 15,
    'POST events': 7,
  });
});

it('tells what was added, per certificate', () => {
  const before = { 'GET certificaterequests': 15, 'POST events': 7 };
  const after = { 'PATCH certificaterequests/status': 10, 'GET certificaterequests': 30, 'POST events': 7 };
  expect(requestsPerCertificate(before, after, 10)).toEqual({
    'GET certificaterequests': 1.5,
    'PATCH certificaterequests/status': 1,
  });
});
