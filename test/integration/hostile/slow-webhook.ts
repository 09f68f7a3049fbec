// An admission webhook of somebody else that takes its time for what one user writes, over TLS with a CA of its own.
import { createServer } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServerIdentity } from '../../../simulator/tls-identity.ts';
import type { Manifest } from '../../support/cluster.ts';

interface AdmissionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: { readonly uid: string; readonly userInfo: { readonly username: string } };
}

/** The running webhook. */
export interface SlowWebhook {
  /** Writes that it holds up now. */
  readonly held: number;
  /** Its registration for status writes of CertificateRequests in namespaces with this label. */
  configuration(name: string, label: string): Manifest;
  /** From now on it answers at once, also what it holds. */
  release(): void;
  stop(): Promise<void>;
}

/** Holds up each write of `username` for so many milliseconds, and nobody else's. */
export async function startSlowWebhook(username: string, ms: number): Promise<SlowWebhook> {
  const identity = await createServerIdentity('127.0.0.1');
  const held = new Set<() => void>();
  let isSlow = true;
  const server = createServer({ key: identity.key, cert: identity.cert }, (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString()) as AdmissionReview;
      if (!isSlow || review.request.userInfo.username !== username) return allow(response, review);
      const end = (): void => {
        clearTimeout(timer);
        held.delete(end);
        allow(response, review);
      };
      const timer = setTimeout(end, ms);
      held.add(end);
      response.once('close', () => held.delete(end));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    get held() {
      return held.size;
    },
    configuration: (name, label) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name },
      webhooks: [
        {
          name: 'slow.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Ignore',
          timeoutSeconds: 30,
          clientConfig: {
            url: `https://127.0.0.1:${port}/`,
            caBundle: Buffer.from(identity.caPem).toString('base64'),
          },
          namespaceSelector: { matchLabels: { [label]: 'slow' } },
          rules: [
            {
              apiGroups: ['cert-manager.io'],
              apiVersions: ['v1'],
              operations: ['UPDATE'],
              resources: ['certificaterequests/status'],
            },
          ],
        },
      ],
    }),
    release: () => {
      isSlow = false;
      for (const end of held) end();
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function allow(response: ServerResponse, { apiVersion, kind, request }: AdmissionReview): void {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ apiVersion, kind, response: { uid: request.uid, allowed: true } }));
}
