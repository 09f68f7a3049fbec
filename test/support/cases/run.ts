// Applies the inputs of a case to a world and tells what becomes of each.
import type { X509Certificate } from 'node:crypto';
import { conditionsOf, reference } from '../cluster.ts';
import type { Manifest } from '../cluster.ts';
import { certificatesIn, showLeaf } from './leaf.ts';
import { isIssued, renew } from '../renewal.ts';
import { NotYet, until } from '../wait.ts';
import { issuerApiVersion } from '../world.ts';
import type { World } from '../world.ts';
import type { Fill } from './read.ts';

const requests = new Set(['Certificate', 'CertificateRequest', 'CertificateSigningRequest']);

const approved = { type: 'Approved', status: 'True', reason: 'Test', message: 'Approved by the test.' };

/** Whether the outcome of an object is of interest; the others are what these need. */
export function isJudged(input: Manifest): boolean {
  return requests.has(input.kind) || isIssuer(input);
}

/** Whether an object is one of our issuers. */
export function isIssuer({ apiVersion }: Manifest): boolean {
  return apiVersion === issuerApiVersion;
}

/** Applies one input, approved where nobody else does so; answers the refusal of the API server, else undefined. */
export async function applyInput(world: World, input: Manifest): Promise<string | undefined> {
  try {
    await world.cluster.apply(input);
  } catch (error) {
    return `refused at admission: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (input.kind === 'CertificateSigningRequest')
    await world.cluster.patch(reference(input), { status: { conditions: [approved] } }, 'approval');
  return undefined;
}

/**
 * Waits for what becomes of an input that was applied, and tells it in a line. Only where it is expected to wait for
 * someone, a Warning event is the end of it.
 */
export async function outcomeOf(world: World, input: Manifest, mayWait: boolean): Promise<string> {
  return until(`${input.kind} ${input.metadata.name} to come to an end`, async () => {
    const object = await world.cluster.get(reference(input));
    if (object === undefined) throw new NotYet('there is no such object');
    const outcome = await endOf(world, object);
    if (outcome !== undefined) return outcome;
    if (!mayWait) throw new NotYet(object['status'] ?? 'no status');
    return warned(world, object);
  });
}

/** Renews a Certificate that is issued, and tells what is new in its second certificate. */
export async function renewalOf(world: World, { metadata: { name, namespace = '' } }: Manifest): Promise<string> {
  const revision = await renew(world.cluster, { namespace, name });
  const leafOf = async (number: number): Promise<X509Certificate> => {
    const request = await world.cluster.waitForCondition(
      { apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', namespace, name: `${name}-${number}` },
      { type: 'Ready', status: 'True' },
    );
    return leafIn((request['status'] as { readonly certificate: string }).certificate);
  };
  const [first, second] = [await leafOf(revision - 1), await leafOf(revision)];
  const serial = first.serialNumber === second.serialNumber ? 'the same certificate' : 'another certificate';
  return `renewed: ${serial}, with ${first.publicKey.equals(second.publicKey) ? 'the same key' : 'another key'}`;
}

async function endOf(world: World, object: Manifest): Promise<string | undefined> {
  if (isIssuer(object)) return issuerOutcome(object);
  if (object.kind === 'CertificateSigningRequest') return signingRequestOutcome(object);
  return object.kind === 'CertificateRequest' ? requestOutcome(object) : certificateOutcome(world, object);
}

function issuerOutcome(object: Manifest): string | undefined {
  const ready = conditionsOf(object).find(({ type }) => type === 'Ready');
  if (ready === undefined) return undefined;
  return ready.status === 'True' ? 'ready' : `not ready: ${ready.reason ?? ''}: ${ready.message ?? ''}`;
}

async function certificateOutcome(world: World, object: Manifest): Promise<string | undefined> {
  const { name, namespace = '' } = object.metadata;
  const kind = 'CertificateRequest';
  const request = await world.cluster.get({ apiVersion: 'cert-manager.io/v1', kind, namespace, name: `${name}-1` });
  const outcome = request && requestOutcome(request);
  return outcome?.startsWith('issued') === true && !isIssued(object) ? undefined : outcome;
}

function requestOutcome(object: Manifest): string | undefined {
  const ready = conditionsOf(object).find(({ type }) => type === 'Ready');
  const { certificate } = (object['status'] ?? {}) as { readonly certificate?: string };
  if (ready?.status === 'True' && certificate !== undefined) return `issued: ${showLeaf(leafIn(certificate))}`;
  return ready?.reason === 'Failed' ? `failed: ${ready.message ?? ''}` : undefined;
}

function signingRequestOutcome(object: Manifest): string | undefined {
  const failed = conditionsOf(object).find(({ type }) => type === 'Failed');
  const { certificate } = (object['status'] ?? {}) as { readonly certificate?: string };
  if (failed !== undefined) return `failed: ${failed.message ?? ''}`;
  return certificate === undefined ? undefined : `issued: ${showLeaf(leafIn(certificate))}`;
}

// What stays without a condition must have a Warning event at least.
async function warned(world: World, object: Manifest): Promise<string> {
  const namespace = object.metadata.namespace ?? 'default';
  const events = await world.cluster.list({ apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace });
  const warning = events.find(({ type, regarding }) => {
    const { name, kind } = regarding as { readonly name?: string; readonly kind?: string };
    return type === 'Warning' && name === object.metadata.name && kind === object.kind;
  });
  if (warning === undefined) throw new NotYet(object['status'] ?? 'no status and no warning');
  return `waits, warned: ${String(warning['reason'])}: ${String(warning['note'])}`;
}

function leafIn(certificate: string): X509Certificate {
  const [leaf] = certificatesIn(Buffer.from(certificate, 'base64').toString());
  if (leaf === undefined) throw new Error('there is no certificate');
  return leaf;
}

/** A line without what changes from run to run or is no text: addresses, identifiers, moments, blobs. */
export function steady(text: string, fill: Fill): string {
  return fill
    .reduce((line, [name, real]) => line.replaceAll(real, name), text)
    .replaceAll(/"-----BEGIN CERTIFICATE REQUEST[^"]*"/g, '"…"')
    .replaceAll(/"[A-Za-z0-9+/=]{100,}"/g, '"…"')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, 'UUID')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT')
    .replaceAll(/\d{6,}h\d+m\d+s/g, 'DURATION')
    .replaceAll(
      /[\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g,
      (sign) => `\\u{${sign.codePointAt(0)?.toString(16) ?? ''}}`,
    )
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
}
