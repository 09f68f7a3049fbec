// What the error of a wait in vain tells of certificates.
import { describe, expect, it } from 'vitest';

import { circumstancesOf } from '../../support/circumstances.ts';
import { approved, certificateRequest, ready } from '../../support/certificate-requests.ts';

const annotations = { 'cert-manager.io/certificate-name': 'web' };
const own = certificateRequest({ metadata: { annotations }, conditions: [approved, ready('Pending', 'Held.')] });
const other = certificateRequest({
  metadata: { name: 'mail-1', annotations: { ...annotations, 'cert-manager.io/certificate-name': 'mail' } },
});
const line = (fields: object): string => JSON.stringify({ level: 'info', ...fields });
const log = [
  line({ issuer: 'AlibabaPCAIssuer/shop/pca', msg: 'The issuer is ready.' }),
  line({ request: 'shop/web-1', uid: 'earlier', msg: 'Issued.' }),
  line({ request: 'shop/mail-1', issuer: 'AlibabaPCAIssuer/shop/pca', msg: 'Issued.' }),
  line({ request: 'shop/web-1', uid: own.metadata.uid, msg: 'Held.' }),
];
const witnesses = (lines: readonly string[], requests = [own, other]) => ({
  requests: async (namespace: string) => (namespace === 'shop' ? requests : []),
  log: async () => lines.join('\n'),
});

describe('the circumstances', () => {
  it.each([
    ['of a Certificate', { kind: 'Certificate', namespace: 'shop', name: 'web' }],
    ['of a CertificateRequest', { kind: 'CertificateRequest', namespace: 'shop', name: 'web-1' }],
  ])('%s are its requests with their conditions, and what was logged about them, also before', async (_, wanted) => {
    const told = (await circumstancesOf(wanted, witnesses(log))).split('\n');
    const [conditions, lines] = [told.slice(0, -3), told.slice(-3)];
    expect(lines.map((text) => text.trim())).toEqual([log[0], log[1], log[3]]);
    expect(conditions.join('\n')).toContain(`web-1 (${own.metadata.uid}): `);
    expect(conditions.join('\n')).toContain("message: 'Held.'");
    expect(conditions.join('\n')).not.toContain('mail');
  });

  it('without a request and a line are told as such', async () => {
    expect(await circumstancesOf({ kind: 'Certificate', namespace: 'shop', name: 'web' }, witnesses([], []))).toBe(
      "\nIts requests: none\nThe operator's last lines about them and their issuers: none",
    );
  });

  it('have each line once, as it was said last', async () => {
    const said = (uid: string, time: string): string => line({ time, request: 'shop/web-1', uid });
    const lines = [said('earlier', '10:00'), said('later', '10:01'), said('earlier', '10:02')];
    const told = await circumstancesOf({ kind: 'Certificate', namespace: 'shop', name: 'web' }, witnesses(lines));
    const [, shown = ''] = told.split('issuers:\n');
    expect(shown.split('\n').map((text) => text.trim())).toEqual(lines.slice(1));
  });

  it('are the last twenty lines', async () => {
    const many = Array.from({ length: 25 }, (_, index) => line({ request: 'shop/web-1', msg: `${index}.` }));
    const told = await circumstancesOf({ kind: 'Certificate', namespace: 'shop', name: 'web' }, witnesses(many));
    expect(
      told
        .split('\n')
        .slice(-20)
        .map((text) => text.trim()),
    ).toEqual(many.slice(-20));
  });

  it('of anything else are nothing', async () => {
    expect(await circumstancesOf({ kind: 'AlibabaPCAIssuer', namespace: 'shop', name: 'web' }, witnesses(log))).toBe(
      '',
    );
  });
});
