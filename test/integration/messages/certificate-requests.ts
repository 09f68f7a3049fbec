// A CertificateRequest that a program makes by itself, without a Certificate.
import { encoded, makeCsr } from '../../support/certificates.ts';
import { conditionsOf } from '../../support/cluster.ts';
import { pca, serverContent, serverUsages, web } from './stage.ts';
import type { Stage } from './stage.ts';

/** Makes one. */
export async function askedByRequest(
  stage: Stage,
  spec: Readonly<Record<string, unknown>> = {},
  name = web,
  annotations: Readonly<Record<string, string>> = {},
): Promise<void> {
  await stage.world.cluster.apply({
    apiVersion: 'cert-manager.io/v1',
    kind: 'CertificateRequest',
    metadata: { name, namespace: stage.namespace, annotations },
    spec: {
      request: encoded(await makeCsr('P-256', serverContent)),
      usages: serverUsages,
      issuerRef: { group: 'pca.alibabacloud.com', kind: 'AlibabaPCAIssuer', name: pca },
      ...spec,
    },
  });
}

/** Reason and message of the condition Ready of a CertificateRequest that has ended or waits, once there is one. */
export async function readyOf(stage: Stage, name = web, text = /(?:)/): Promise<string> {
  const found = await stage.world.cluster.waitFor(
    { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace: stage.namespace, name },
    'the condition Ready',
    (object) => conditionsOf(object).some(({ type, message = '' }) => type === 'Ready' && text.test(message)),
  );
  const ready = conditionsOf(found).find(({ type }) => type === 'Ready');
  return `${ready?.reason ?? ''}: ${ready?.message ?? ''}`;
}

/** Makes a request and reads what it is told. */
export async function certificateRequestReady(
  stage: Stage,
  spec: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await askedByRequest(stage, spec);
  return readyOf(stage);
}
