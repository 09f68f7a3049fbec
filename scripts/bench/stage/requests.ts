// The driver's side of CertificateRequests: makes them, approves them, takes them away.
import type { ApiClient } from '../../../control-plane/driver/api-client.ts';
import type { CertificateRequest, IssuerReference } from '../../../src/crds/cert-manager.ts';
import { certificateRequestPath } from '../../../src/crds/cert-manager.ts';
import { inParallel } from './in-parallel.ts';
import { signingRequest, usualShape } from './signing-requests.ts';
import type { RequestShape } from './signing-requests.ts';

/** What requests are to be like; in the benchmark's namespace and of the usual shape unless said. */
export interface Wanted {
  readonly issuerRef: Required<IssuerReference>;
  readonly namespace: string;
  readonly shape?: RequestShape;
}

/** The reference's requests name this, at which no issuer looks. */
export const nobody: Required<IssuerReference> = { group: 'reference.example.com', kind: 'Nobody', name: 'nobody' };

// As many as the reference has in flight.
const inFlight = 32;
const apiVersion = 'cert-manager.io/v1';

/** Makes and approves requests. */
export class Requests {
  readonly #api: ApiClient;
  #made = 0;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** How many were made so far; names are never used twice. */
  get made(): number {
    return this.#made;
  }

  /** Makes so many requests that nobody has approved. */
  async make(
    count: number,
    { issuerRef, namespace, shape = usualShape }: Wanted,
  ): Promise<readonly CertificateRequest[]> {
    const first = this.#made;
    this.#made += count;
    const made: CertificateRequest[] = [];
    await inParallel(
      Array.from({ length: count }, (_, index) => index),
      inFlight,
      async (index) => {
        const name = `r-${first + index}`;
        const { status, body } = await this.#api.send(
          'POST',
          `/apis/${apiVersion}/namespaces/${namespace}/certificaterequests`,
          {
            apiVersion,
            kind: 'CertificateRequest',
            metadata: { name, namespace },
            spec: {
              request: signingRequest(shape, name, index),
              duration: '2160h',
              usages: ['digital signature', 'server auth', 'client auth'],
              issuerRef,
            },
          },
        );
        if (status !== 201) throw new Error(`${name} was answered ${status}: ${JSON.stringify(body)}`);
        made.push(body as CertificateRequest);
      },
    );
    return made;
  }

  /** Approves one; resolves with it as it is then. */
  async approve({ metadata }: CertificateRequest): Promise<CertificateRequest> {
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
    const approved = { type: 'Approved', status: 'True', reason: 'bench', message: '', lastTransitionTime };
    const { status, body } = await this.#api.send(
      'PATCH',
      `${certificateRequestPath(metadata)}/status`,
      { status: { conditions: [approved] } },
      'application/merge-patch+json',
    );
    if (status !== 200) throw new Error(`approving ${metadata.name} was answered ${status}: ${JSON.stringify(body)}`);
    return body as CertificateRequest;
  }

  /** Approves all of them; answers them as they are then, and how many a second that was. */
  async approveAll(
    requests: readonly CertificateRequest[],
  ): Promise<{ readonly approved: readonly CertificateRequest[]; readonly perSecond: number }> {
    const approved: CertificateRequest[] = [];
    const started = performance.now();
    await inParallel(requests, inFlight, async (request) => {
      approved.push(await this.approve(request));
    });
    return { approved, perSecond: (requests.length * 1_000) / (performance.now() - started) };
  }
}
