// Every permission of the operator is needed and none is missing, by the API server's audit log of everything before.
import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';

import { encoded, makeCsr } from '../../support/certificates.ts';
import { readManifests, reference } from '../../support/cluster.ts';
import type { Manifest } from '../../support/cluster.ts';
import { release, sharedIssuerRef } from '../../support/installed-world.ts';
import type { InstalledWorld } from '../../support/installed-world.ts';
import { grantedPermissions, readAuditLog, usedPermissions } from '../../support/permissions.ts';
import { NotYet, hangLimitFlag, until } from '../../support/wait.ts';
import { certificate } from '../../support/world.ts';

const group = 'pca.alibabacloud.com';
const signingRequest = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };

// No request shows it; the API server asks for it when a certificate is written into a CertificateSigningRequest.
const askedByOthers = ['sign certificates.k8s.io/signers'];
// For issuers with spec.trust.certificatesFrom, of which there are none here; test/integration/issuers/trust.test.ts has them.
const forOthers = ['get configmaps'];

// Events come after what they are about, and nobody waits for a request whose issuer is missing.
const late = ['create events.k8s.io/events', 'get certificates.k8s.io/certificatesigningrequests'];

/** Needs the issuers `shared` and `pca`; leaves an API server without WatchList. */
export function permissions(world: () => InstalledWorld): void {
  /** Makes a CertificateSigningRequest for an issuer of the team, and approves it. */
  async function approvedSigningRequest(name: string, issuer: string): Promise<void> {
    const { cluster, team } = world();
    const csr = await makeCsr('P-256', { names: [{ kind: 'dns', value: `${name}.example.com` }] });
    const object = {
      ...signingRequest,
      metadata: { name },
      spec: {
        request: Buffer.from(csr).toString('base64'),
        signerName: `alibabapcaissuers.${group}/${team}.${issuer}`,
        usages: ['digital signature', 'client auth'],
      },
    };
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(object));
    await cluster.kubectl(['certificate', 'approve', name]);
  }

  it('answers a CertificateSigningRequest for an issuer of a namespace', async () => {
    await approvedSigningRequest('team', 'pca');
    const signed = await world().cluster.waitFor(
      { ...signingRequest, name: 'team' },
      'a certificate',
      ({ status }) => (status as { readonly certificate?: string }).certificate !== undefined,
    );
    expect(certificateOf(signed).subjectAltName).toBe('DNS:team.example.com');
  });

  it('gives CA certificates, for which it counts the instances of an issuer', async () => {
    const { cluster, team } = world();
    // Made without Certificates, because cert-manager may take back what it asked for and ask anew, with another key, when the
    // instance is used up.
    const authority = async (name: string, kind: string): Promise<Manifest> => ({
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { name, namespace: team },
      spec: {
        request: encoded(await makeCsr('P-256', { subject: [{ CN: [name] }], isCA: true })),
        isCA: true,
        usages: ['cert sign', 'crl sign'],
        issuerRef: { group, kind, name: 'ca' },
      },
    });
    const requests = await Promise.all([
      authority('team-ca', 'AlibabaPCAIssuer'),
      authority('cluster-ca', 'AlibabaPCAClusterIssuer'),
    ]);
    await world().applyReady(
      ...world().issuer('ca', team, { externalCA: { instanceIds: ['cas_deposit-cn-sim0001'] } }),
      ...world().issuer('ca', undefined, { externalCA: { instanceIds: ['cas_deposit-cn-sim0002'] } }),
      ...requests,
    );
    const issued = await Promise.all(requests.map(async (request) => cluster.get(reference(request))));
    expect(issued.map((request) => certificateOf(request).ca)).toEqual([true, true]);
  });

  it('cuts a lifetime only where the Certificate leaves room for its renewal', async () => {
    const { team } = world();
    const issuerRef = { group, kind: 'AlibabaPCAIssuer', name: 'short' };
    await world().applyReady(
      ...world().issuer('short', team, { validity: { maxDuration: '48h', onExceed: 'Clamp' } }),
      certificate(team, 'cut', { duration: '720h', renewBefore: '1h', issuerRef }),
    );
    const { validFromDate, validToDate } = await world().leafOf('cut');
    expect(validToDate.getTime() - validFromDate.getTime()).toBe(48 * 3_600_000);
  });

  it('works with an API server that has no WatchList', async () => {
    const { cluster, host, team, deployment } = world();
    // An API server refuses everybody until it has read who may do what.
    await world().provokeRefusals(async () => {
      // The default until Kubernetes 1.31.
      await host.restartApiServer(['--feature-gates=WatchList=false']);
    });
    // Whoever leads next reads live what was there before.
    await approvedSigningRequest('waiting', 'missing');
    await cluster.kubectl(['rollout', 'restart', ...deployment]);
    await cluster.kubectl(['rollout', 'status', hangLimitFlag, ...deployment]);
    await world().applyReady(certificate(team, 'without-watch-list', { issuerRef: sharedIssuerRef }));
  });

  it('has used every permission that the chart gives it, and was refused nothing', async () => {
    const { host, namespace } = world();
    const manifest = await world().helm(['get', 'manifest', release]);
    const account = { name: `${release}-alibaba-pca-issuer`, namespace };
    const granted = grantedPermissions(readManifests(manifest), account);
    const user = `system:serviceaccount:${namespace}:${account.name}`;
    const events = await until('events in the audit log', async () => {
      const text = await host.auditLog();
      const found = readAuditLog(text, user);
      const present = usedPermissions(found);
      if (!late.every((permission) => present.includes(permission))) throw new NotYet(present);
      return found;
    });
    const refused = events.filter(
      ({ responseStatus, requestReceivedTimestamp }) =>
        (responseStatus?.code === 401 || responseStatus?.code === 403) && !world().isProvoked(requestReceivedTimestamp),
    );
    const used = usedPermissions(events);
    expect({
      refused: refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`),
      unused: granted.filter((permission) => !used.includes(permission)),
    }).toEqual({ refused: [], unused: [...forOthers, ...askedByOthers] });
  });
}

/** The certificate in the status of a request of either kind. */
function certificateOf(request: Manifest | undefined): X509Certificate {
  const status = request?.['status'] as { readonly certificate?: string } | undefined;
  return new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'));
}
