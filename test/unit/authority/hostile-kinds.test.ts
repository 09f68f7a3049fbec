// What hostile endpoints answer, through all that reads an answer: each is a step that nobody has to wait for.
import { expect, it } from 'vitest';
import { refusal } from '../../../src/alibaba/errors.ts';
import { readJsonReply } from '../../../src/alibaba/json-reply.ts';
import { redactorOf } from '../../../src/alibaba/redaction.ts';
import { largestErrorBytes, largestReplyBytes } from '../../../src/alibaba/transport.ts';
import { clientCertificates, warehouseCertificates } from '../../../src/issuing/certificate-store.ts';
import { verifyIssued } from '../../../src/issuing/issued-certificate.ts';
import { readIssuingCA } from '../../../src/issuing/issuing-ca.ts';
import { readIssuedList } from '../../../src/issuing/lookup.ts';
import type { IssueReply } from '../../../src/issuing/operation.ts';
import { readExternalCA } from '../../../src/issuing/operations/external-ca-certificate.ts';
import { issuingOperations } from '../../../src/issuing/operations/index.ts';
import { describedCA, makeCsr, makeHierarchy } from '../../support/certificates.ts';
import { cpuMs } from '../../support/cpu-time.ts';
import { planted } from '../../support/hostile/hostility.ts';
import type { Answer } from '../../support/hostile/endpoint.ts';
import { hostilities } from '../../support/hostile/kinds.ts';
import { recorded } from '../../support/hostile/recorded.ts';
import { issuingCA, now, plan, signingRequest } from '../../support/issuing.ts';

// Of the processor: half of what a step may take, so that there is room for the collector of garbage.
const budgetMs = 30;
const answersOfKind = 4;

const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
const ca = issuingCA(hierarchy);
const csr = await makeCsr('P-256', { subject: [{ CN: ['a'] }] });
const planned = plan(signingRequest(csr), ca);
const redact = redactorOf([planted.accessKeySecret, csr]);
const genuine = async (): Promise<string> =>
  JSON.stringify({ RequestId: 'A-1', ...(describedCA(hierarchy) as object) });

const verified = (reply: IssueReply | { readonly kind: 'revoked' }): unknown =>
  reply.kind === 'issued' ? verifyIssued({ plan: planned, reply, ca, trust: 'Root', now }) : reply;

/** Who reads the answer to an action. */
const readers: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => unknown>> = {
  DescribeCACertificate: (body) => [readIssuingCA(body), readExternalCA(body)],
  CreateCustomCertificate: (body) => verified(issuingOperations.CreateCustomCertificate.read(body)),
  ListCert: (body) => [readIssuedList(body), warehouseCertificates.readList(body)],
  ListClientCertificate: (body) => clientCertificates.readList(body),
  DescribeClientCertificate: (body) => verified(clientCertificates.read(body)),
};

/** The longest step in milliseconds, and which it was. */
async function longestStep(answer: Answer, action: string): Promise<{ readonly ms: number; readonly step: string }> {
  const { status, body } = await recorded(answer, { action, csr, genuine, most: largestReplyBytes });
  if (body.length > (status < 400 ? largestReplyBytes : largestErrorBytes)) return { ms: 0, step: 'not read' };
  const parsing = { ms: cpuMs(() => void readJsonReply(body), budgetMs), step: `${action}: parsing` };
  const read = readJsonReply(body);
  if (read.kind === 'malformed') return parsing;
  const about = { action, host: 'h', sent: true, redact };
  const work = (): unknown =>
    status < 400 ? readers[action]?.(read.body) : refusal({ status, body: read.body }, about);
  const reading = { ms: cpuMs(() => void work(), budgetMs), step: `${action}: reading` };
  return parsing.ms > reading.ms ? parsing : reading;
}

it.each(hostilities(1))('$kind', async ({ answer, times = 1 }) => {
  for (let n = 0; n < Math.min(times, answersOfKind); n += 1) {
    for (const action of Object.keys(readers)) {
      const { ms, step } = await longestStep(answer, action);
      expect(ms, step).toBeLessThan(budgetMs);
    }
  }
});
