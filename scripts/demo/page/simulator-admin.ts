// The simulator's admin interface as the page uses it.
import type { Call, CertificateAuthority, Faults } from '../../../simulator/simulator.ts';
import type { FaultChange, SimulatorState } from './faults.ts';

const answerMs = 5000;

/** Calls and faults of a simulator; every method rejects when it does not answer in time. */
export class SimulatorAdmin {
  readonly #url: string;
  readonly #authority: string;

  /** `authority`: identifier of the CA whose state the faults change. */
  constructor(url: string, authority: string) {
    this.#url = url;
    this.#authority = authority;
  }

  async calls(): Promise<readonly Call[]> {
    return (await this.#ask('calls')) as readonly Call[];
  }

  async state(): Promise<SimulatorState> {
    const [faults, authorities] = (await Promise.all([this.#ask('faults'), this.#ask('cas')])) as [
      Faults,
      readonly CertificateAuthority[],
    ];
    const status = authorities.find(({ identifier }) => identifier === this.#authority)?.status ?? '';
    return { faults, authority: { status } };
  }

  async change({ faults, authority }: FaultChange): Promise<void> {
    if (faults !== undefined) await this.#ask('faults', faults);
    if (authority !== undefined) await this.#ask('cas', { identifier: this.#authority, ...authority });
  }

  async #ask(path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.#url}/${path}`, {
      signal: AbortSignal.timeout(answerMs),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`The simulator answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }
}
