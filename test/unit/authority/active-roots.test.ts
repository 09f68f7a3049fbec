// The account's active roots, as PCA lists them.
import { expect, it } from 'vitest';
import { listActiveRoots } from '../../../src/authority/active-roots.ts';
import { showName } from '../../../src/issuing/x509/distinguished-name.ts';
import { makeCA } from '../../support/certificates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { answered, never, PcaDouble, refused } from './pca-double.ts';

const clock = new FakeClock();
const day = 86_400_000;
const from = new Date(clock.now().getTime() - day);
const until = new Date(clock.now().getTime() + 365 * day);
const root = await makeCA('P-256', { name: 'Root', from, until });
const ended = await makeCA('P-256', { name: 'Ended', from: new Date(from.getTime() - day), until: from });
const below = await makeCA('P-256', { name: 'Below', from, until }, root);

const entry = (pem: string, changes: Readonly<Record<string, unknown>> = {}) => ({
  Identifier: 'ca',
  Status: 'ISSUE',
  CertificateType: 'ROOT',
  Algorithm: 'ECC',
  X509Certificate: pem,
  ...changes,
});

const page = (...list: readonly object[]) => answered({ TotalCount: list.length, CertificateList: list });

async function listed(answer: ReturnType<typeof page> | ReturnType<typeof refused>): Promise<unknown> {
  const found = await listActiveRoots(new PcaDouble({ DescribeCACertificateList: answer }).call, 'ECC', clock, never);
  return found.kind === 'ok' ? found.roots.map(({ facts }) => showName(facts.subject.attributes)) : found.kind;
}

it('takes the valid self-signed ones of the family that are active, each once, whatever the filters gave', async () => {
  const revoked = entry(root.pem, { Status: 'REVOKE' });
  const found = page(
    entry(root.pem),
    entry(root.pem, { Identifier: 'twice' }),
    entry(ended.pem),
    entry(below.pem),
    entry('no PEM'),
    entry(root.pem, { Algorithm: 'RSA' }),
  );
  expect([await listed(found), await listed(page(revoked)), await listed(page())]).toEqual([['CN=Root'], [], []]);
});

it('says so where nobody can tell', async () => {
  const many = await Promise.all(
    Array.from({ length: 33 }, async (_, index) =>
      entry((await makeCA('P-256', { name: `Root ${index}`, from, until, key: 'one' })).pem, {
        Identifier: `ca-${index}`,
      }),
    ),
  );
  expect([await listed(page(...many)), await listed(answered({})), await listed(refused('Permission'))]).toEqual([
    'tooMany',
    'unreadable',
    'failed',
  ]);
});
