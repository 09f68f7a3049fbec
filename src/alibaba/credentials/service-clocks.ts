// How far this machine's clock is from those of the services that judge signatures, by the Date header of their answers.
import { endpointName } from '../endpoint.ts';
import type { PcaEndpoint } from '../endpoint.ts';
import type { Clock } from '../../timing/clock.ts';
import { RecentMap } from '../../timing/recent-map.ts';

/** The offsets by endpoint; each is told by that endpoint alone, which may say anything, and believed of it alone. */
export class ServiceClocks {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #offsets: RecentMap<{ seconds: number }>;

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock;
    this.#offsets = new RecentMap({ clock });
  }

  /** Takes the Date header of an answer that has just come. */
  take(endpoint: PcaEndpoint, header: unknown): void {
    const theirs = typeof header === 'string' ? Date.parse(header) : Number.NaN;
    if (Number.isNaN(theirs)) return;
    const seconds = Math.round((this.#clock.now().getTime() - theirs) / 1_000);
    this.#offsets.use(endpointName(endpoint), () => ({ seconds })).seconds = seconds;
  }

  /** Seconds by which this machine's clock is ahead of the endpoint's, negative when it is behind; undefined where it is not known. */
  offsetSeconds(endpoint: PcaEndpoint): number | undefined {
    return this.#offsets.peek(endpointName(endpoint))?.seconds;
  }
}
