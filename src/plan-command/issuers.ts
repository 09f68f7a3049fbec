// The issuers among the documents, with the spec that the API server would store, and the made-up issuer if there is none.
import { admit } from '../crds/admission.ts';
import { apiGroup, apiVersion, issuerKind } from '../crds/issuer.ts';
import type { IssuerSpec } from '../crds/issuer.ts';
import { issuerSpecSchema } from '../crds/issuer-schema/spec.ts';
import { describeIssuer, issuerKey } from '../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import { isObject } from './input/documents.ts';
import type { InputDocument } from './input/documents.ts';
import { nameOf } from './input/object-name.ts';

/** An issuer to plan with; `identity` and `source` are undefined for the one that is made up. */
export interface PlanningIssuer {
  readonly identity: IssuerIdentity | undefined;
  readonly source: string | undefined;
  readonly spec: IssuerSpec;
  /** Its CA, where its status says something about it. */
  readonly ca?: { readonly keyFamily: 'RSA' | 'ECC'; readonly notAfter: Date };
}

/** The issuers by their key, and those that cannot be used, by theirs, with what is wrong; faults name document and field. */
export interface ReadIssuers {
  readonly issuers: ReadonlyMap<string, PlanningIssuer>;
  readonly unusable: ReadonlyMap<string, string>;
  readonly faults: readonly string[];
}

type ObjectDocument = Extract<InputDocument, { readonly kind: 'object' }>;

/** Whether a document is an issuer of ours, in any version. */
export function isIssuer({ object }: ObjectDocument): boolean {
  const group = typeof object['apiVersion'] === 'string' ? object['apiVersion'].split('/')[0] : undefined;
  return issuerKind(object['kind'] as string) !== undefined && group === apiGroup;
}

/** Reads the issuers; `namespace` is for documents without one. */
export function readIssuers(documents: readonly ObjectDocument[], namespace = 'default'): ReadIssuers {
  const issuers = new Map<string, PlanningIssuer>();
  const unusable = new Map<string, string>();
  const faults: string[] = [];
  for (const document of documents) {
    const read = readIssuer(document, namespace);
    const key = read.identity === undefined ? '' : issuerKey(read.identity);
    const found =
      'issuer' in read && issuers.has(key)
        ? [`${document.source}: ${describeIssuer(read.identity)} is given twice. Keep one.`]
        : 'issuer' in read
          ? []
          : read.faults;
    faults.push(...found);
    if (found.length > 0) unusable.set(key, found.join(' '));
    else if ('issuer' in read) issuers.set(key, read.issuer);
  }
  for (const key of unusable.keys()) issuers.delete(key);
  return { issuers, unusable, faults };
}

type ReadIssuer =
  | { readonly identity: IssuerIdentity; readonly issuer: PlanningIssuer }
  | { readonly identity: IssuerIdentity | undefined; readonly faults: readonly string[] };

function readIssuer({ source, object }: ObjectDocument, namespace: string): ReadIssuer {
  const kind = issuerKind(object['kind'] as string);
  const meta = nameOf(object);
  const identity =
    kind === undefined || meta.name === undefined
      ? undefined
      : { kind, namespace: kind.scope === 'Cluster' ? undefined : (meta.namespace ?? namespace), name: meta.name };
  if (kind === undefined || object['apiVersion'] !== apiVersion) {
    const fault = `${source}: apiVersion is ${JSON.stringify(object['apiVersion'])}. Change it to ${apiVersion}.`;
    return { identity, faults: [fault] };
  }
  if (identity === undefined) return { identity, faults: [`${source}: metadata.name is required.`] };
  const read = specOf(object['spec']);
  if ('faults' in read)
    return { identity, faults: read.faults.map((fault) => `${source}: ${describeIssuer(identity)}: ${fault}`) };

  return { identity, issuer: { identity, source, spec: read.spec, ...caOf(object['status']) } };
}

function caOf(status: unknown): Pick<PlanningIssuer, 'ca'> {
  const ca = isObject(status) && isObject(status['ca']) ? status['ca'] : {};
  const { keyAlgorithm, notAfter } = ca;
  const end = new Date(typeof notAfter === 'string' ? notAfter : Number.NaN);
  const isKnown = (keyAlgorithm === 'RSA' || keyAlgorithm === 'ECC') && !Number.isNaN(end.getTime());
  return isKnown ? { ca: { keyFamily: keyAlgorithm, notAfter: end } } : {};
}

function specOf(value: unknown): { readonly spec: IssuerSpec } | { readonly faults: readonly string[] } {
  const admitted = admit(issuerSpecSchema, value ?? null, 'spec');
  if (admitted.kind === 'rejected') return { faults: admitted.faults };
  if (admitted.unknown.length === 0) return { spec: admitted.value };
  return { faults: admitted.unknown.map((path) => `${path} is not a field of an issuer. Correct or remove it.`) };
}

/** The issuer that is used when none is given: every default of the CRD, and this operation. */
export function madeUpIssuer(operation: string | undefined): PlanningIssuer | { readonly fault: string } {
  const read = specOf({
    parentIdentifier: '<parentIdentifier>',
    credentials: { secretRef: { name: '<secret>' } },
    operation,
  });
  if ('spec' in read) return { identity: undefined, source: undefined, spec: read.spec };
  return { fault: read.faults.join(' ').replace('spec.operation', '--operation') };
}
