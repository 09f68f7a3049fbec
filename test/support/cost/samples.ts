// Requests, each with a key of its own and the certificate that PCA would answer with: nothing that remembers one helps with the next.
import { verifyIssued } from '../../../src/issuing/issued-certificate.ts';
import { makeCsr, makeHierarchy } from '../certificates.ts';
import { fulfil, issuingCA, now, plan, reply, signingRequest } from '../issuing.ts';

/** What issues one certificate, as far as that is pure; throws when it does not fit. */
export type IssueOne = () => void;

/** So many of them, of one CA. */
export async function makeSamples(count: number): Promise<readonly IssueOne[]> {
  const hierarchy = await makeHierarchy('P-256', new Date('2026-01-01T00:00:00Z'));
  const chain = hierarchy.issuing.pem + hierarchy.root.pem;
  const ca = issuingCA(hierarchy);
  const usages = ['digital signature', 'server auth', 'client auth'];
  const samples: IssueOne[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `sample-${String(index).padStart(4, '0')}.example.com`;
    const csr = await makeCsr('P-256', { subject: [{ CN: [name] }], names: [{ kind: 'dns', value: name }] }, name);
    const leaf = await fulfil(plan(signingRequest(csr, { usages }), ca), hierarchy.issuing);
    samples.push(() => {
      const planned = plan(signingRequest(csr, { usages }), ca);
      const result = verifyIssued({ plan: planned, reply: reply(leaf, chain), ca, trust: 'Root', now });
      if (result.kind !== 'verified') throw new Error(JSON.stringify(result));
    });
  }
  return samples;
}
