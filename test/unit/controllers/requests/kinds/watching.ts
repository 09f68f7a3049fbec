// What the watch brought to a replica that leads since version 100.
import { WatchedRequests } from '../../../../../src/controllers/requests/kinds/watched-requests.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

/** Nothing yet. */
export function watching<T extends { readonly metadata: { readonly uid: string; readonly resourceVersion: string } }>(
  clock = new FakeClock(),
): WatchedRequests<T> {
  const watched = new WatchedRequests<T>(clock);
  watched.lead('100');
  return watched;
}
