// From documents of any kind to requests in the form that the controller reads.
import { admit } from '../crds/admission.ts';
import type { Admission } from '../crds/admission.ts';
import { certManagerApiVersion } from '../crds/cert-manager.ts';
import type { IssuerReference } from '../crds/cert-manager.ts';
import {
  signerReference,
  signingRequestAnnotations,
  signingRequestApiVersion,
  signingRequestKind,
} from '../crds/certificate-signing-request.ts';
import { apiGroup, issuerKind, issuerKinds } from '../crds/issuer.ts';
import { referencedIssuer } from '../crds/issuer-ref.ts';
import type { IssuerIdentity } from '../crds/issuer-ref.ts';
import { formatDuration } from '../issuing/duration.ts';
import type { RequestFields } from '../issuing/signing-request.ts';
import { readRenewal } from '../issuing/validity.ts';
import type { Renewal } from '../issuing/validity.ts';
import type { PlanArguments } from './arguments.ts';
import { certificateRequestOf } from './certificate-request-of.ts';
import type { ThrowAwayKeys } from './certificate-request-of.ts';
import {
  certificateFieldsAside,
  certificateRequestSpecSchema,
  certificateSpecSchema,
  requestFieldsAside,
  signingRequestSpecSchema,
} from './certificate-schema.ts';
import type { InputDocument } from './input/documents.ts';
import { nameOf } from './input/object-name.ts';
import type { ObjectName } from './input/object-name.ts';

/** A request to plan. `issuer` is undefined for a bare CSR; `uid` where the request has none yet. */
export interface PlannableRequest {
  readonly source: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly issuer: IssuerIdentity | undefined;
  readonly uid: string | undefined;
  readonly fields: Omit<RequestFields, 'uid'>;
  /** How the Certificate is renewed; undefined where none is given. */
  readonly renewal: Renewal | undefined;
  /** Kind of the throw-away key that the CSR was made with; undefined where the CSR was given. */
  readonly madeUpKey: string | undefined;
}

/** Where a request stands, and what it is called. */
export type RequestPlace = Pick<PlannableRequest, 'source' | 'kind' | 'namespace' | 'name'>;

/** A document as a request, skipped because it is not one, or with its faults. Notes are for the reader. */
export type ReadRequest = { readonly notes: readonly string[] } & (
  | { readonly kind: 'request'; readonly request: PlannableRequest }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'faulty'; readonly place: RequestPlace; readonly faults: readonly string[] }
);

type Context = Pick<PlanArguments, 'namespace' | 'bare'> & { readonly keys: ThrowAwayKeys };

const defaultNamespace = 'default';
type ObjectDocument = Extract<InputDocument, { readonly kind: 'object' }>;
interface Subject {
  readonly document: ObjectDocument;
  readonly meta: ObjectName;
  readonly namespace: string;
}

/** Reads a document that is not an issuer; makes a CSR for a Certificate. */
export async function readRequest(document: InputDocument, { namespace, bare, keys }: Context): Promise<ReadRequest> {
  if (document.kind === 'csr') {
    const request = Buffer.from(document.pem).toString('base64');
    return asked({ source: document.source, kind: 'CSR', fields: { request, ...bare } });
  }
  const { source, object } = document;
  const meta = nameOf(object);
  const subject: Subject = { document, meta, namespace: meta.namespace ?? namespace ?? defaultNamespace };
  switch (`${String(object['apiVersion'])} ${String(object['kind'])}`) {
    case `${certManagerApiVersion} Certificate`:
      return readCertificate(subject, keys);
    case `${certManagerApiVersion} CertificateRequest`:
      return readCertificateRequest(subject);
    case `${signingRequestApiVersion} ${signingRequestKind}`:
      return readSigningRequest(subject);
    default:
      return skipped(`${source}: ${String(object['kind'])} (${String(object['apiVersion'])}) cannot be planned.`);
  }
}

async function readCertificate(subject: Subject, keys: ThrowAwayKeys): Promise<ReadRequest> {
  const spec = specOf(subject, admit(certificateSpecSchema, subject.document.object['spec'] ?? null, 'spec'), {
    aside: certificateFieldsAside,
  });
  if (spec.kind === 'faulty') return spec;
  const { issuerRef, duration, isCA, usages } = spec.value;
  return withIssuer(subject, issuerRef, spec.notes, async (issuer) => {
    const made = await certificateRequestOf(spec.value, keys);
    if (made.kind === 'unfit') return faulty(subject, [made.fault]);
    const request = Buffer.from(made.pem).toString('base64');
    // The UID is that of the CertificateRequest, which does not exist yet, and never the Certificate's own.
    const renewal = readRenewal(spec.value);
    const fields = { request, duration, isCA, usages };
    return asked({ ...placeOf(subject), issuer, madeUpKey: made.key, renewal, fields });
  });
}

async function readCertificateRequest(subject: Subject): Promise<ReadRequest> {
  const spec = specOf(subject, admit(certificateRequestSpecSchema, subject.document.object['spec'] ?? null, 'spec'), {
    aside: requestFieldsAside,
  });
  if (spec.kind === 'faulty') return spec;
  const { issuerRef, request, duration, isCA, usages } = spec.value;
  return withIssuer(subject, issuerRef, spec.notes, (issuer) =>
    asked({ ...placeOf(subject), issuer, uid: subject.meta.uid, fields: { request, duration, isCA, usages } }),
  );
}

function readSigningRequest(subject: Subject): ReadRequest {
  const { document, meta } = subject;
  const spec = specOf(subject, admit(signingRequestSpecSchema, document.object['spec'] ?? null, 'spec'), {
    aside: requestFieldsAside,
  });
  if (spec.kind === 'faulty') return spec;
  const { signerName, request, usages, expirationSeconds } = spec.value;
  const issuer = signerReference(signerName);
  if (issuer === undefined) return skipped(`${document.source}: signerName ${signerName} is not one of our issuers.`);
  const annotated = meta.annotations[signingRequestAnnotations.duration];
  const duration = typeof annotated === 'string' ? annotated : undefined;
  const expiry = expirationSeconds === undefined ? undefined : formatDuration(expirationSeconds);
  const isCA = meta.annotations[signingRequestAnnotations.isCA] === 'true';
  return withNotes(
    asked({
      ...placeOf(subject),
      namespace: undefined,
      issuer,
      uid: meta.uid,
      fields: { request, duration: duration ?? expiry, isCA, usages },
    }),
    spec.notes,
  );
}

async function withIssuer(
  subject: Subject,
  issuerRef: IssuerReference,
  notes: readonly string[],
  next: (issuer: IssuerIdentity) => ReadRequest | Promise<ReadRequest>,
): Promise<ReadRequest> {
  const { kind = '(none)', group } = issuerRef;
  const ours = issuerKind(issuerRef.kind) !== undefined;
  if (group !== apiGroup && ours) {
    const fault = `spec.issuerRef.group is ${JSON.stringify(group ?? '')}, so the operator would ignore it. Set it to ${apiGroup}.`;
    return faulty(subject, [fault]);
  }
  if (group !== apiGroup) {
    // What is left out of a reference means cert-manager's own.
    const whose = `${issuerRef.kind ?? 'Issuer'} ${issuerRef.name} of group ${group ?? 'cert-manager.io'}`;
    return skipped(`${placeText(subject)} is for another issuer (${whose}; the group of ours is ${apiGroup}).`);
  }
  const issuer = referencedIssuer(issuerRef, subject.namespace);
  if (issuer === undefined) {
    const kinds = issuerKinds.map((each) => each.kind).join(' or ');
    return faulty(subject, [`spec.issuerRef.kind is ${JSON.stringify(kind)}. Set it to ${kinds}.`]);
  }
  return withNotes(await next(issuer), notes);
}

type Faulty = Extract<ReadRequest, { readonly kind: 'faulty' }>;

function specOf<T>(
  subject: Subject,
  admitted: Admission<T>,
  { aside }: { readonly aside: ReadonlySet<string> },
): { readonly kind: 'ok'; readonly value: T; readonly notes: readonly string[] } | Faulty {
  if (admitted.kind === 'rejected') return faulty(subject, admitted.faults);
  const notes = admitted.unknown
    .filter((path) => !aside.has(path))
    .map((path) => `${placeText(subject)}: ${path} is unknown and has no effect. Check its spelling.`);
  return { kind: 'ok', value: admitted.value, notes };
}

function placeOf({ document, meta, namespace }: Subject): RequestPlace {
  return { source: document.source, kind: String(document.object['kind']), namespace, name: meta.name };
}

function placeText(subject: Subject): string {
  const { source, kind, name = '(without a name)' } = placeOf(subject);
  return `${source}: ${kind} ${name}`;
}

function asked(request: Pick<PlannableRequest, 'source' | 'kind' | 'fields'> & Partial<PlannableRequest>): ReadRequest {
  const nameless = { namespace: undefined, name: undefined, uid: undefined };
  const absent = { ...nameless, issuer: undefined, renewal: undefined, madeUpKey: undefined };
  return { kind: 'request', request: { ...absent, ...request }, notes: [] };
}

function skipped(note: string): ReadRequest {
  return { kind: 'skipped', notes: [`${note} It is skipped.`] };
}

function faulty(subject: Subject, faults: readonly string[]): Faulty {
  return { kind: 'faulty', place: placeOf(subject), faults, notes: [] };
}

function withNotes(read: ReadRequest, notes: readonly string[]): ReadRequest {
  return { ...read, notes: [...notes, ...read.notes] };
}
