// PCA may refuse a CSR for attributes without a value in its subject; what it does with them is not documented. What comes then:
// the subject sent beside the CSR, where the operation has parameters that replace the CSR's, or the words for the user.
import type { IssuePlan } from '../plan.ts';
import { attributeLabel, withValue } from '../x509/distinguished-name.ts';
import { customCertificate } from './custom-certificate.ts';
import { subjectFields } from './notation.ts';
import { namedParameter } from './settings.ts';

type RefusedPlan = Pick<IssuePlan, 'operation' | 'request' | 'sendsSubject'>;

// A code that names another parameter says that it is not the subject.
const aboutSubject: ReadonlySet<string> = new Set([
  'csr',
  'csrpemstring',
  'subject',
  ...subjectFields.map(({ field }) => field.toLowerCase()),
]);

/** Whether the next call is to send the subject beside the CSR, which PCA refused with this code. */
export function sendsSubjectNext(code: string, plan: RefusedPlan): boolean {
  if (plan.sendsSubject || emptyTypes(code, plan).length === 0) return false;
  const subject = withValue(plan.request.csr.subject.attributes);
  return subject.length > 0 && plan.operation.canSendSubject?.(subject) === true;
}

/** What to do when PCA refused the request with this code, where the subject may be why; undefined where it is not. */
export function emptyValueAdvice(code: string, plan: RefusedPlan): string | undefined {
  const types = emptyTypes(code, plan);
  if (types.length === 0) return undefined;
  const what = types.length === 1 ? 'an attribute' : 'attributes';
  const fault = `The subject of its CSR has ${what} without a value (${types.join(', ')}), which may be why`;
  const leaveOut = `Leave ${types.length === 1 ? 'it' : 'them'} out of the CSR`;
  if (plan.sendsSubject) return `${fault}, although another subject was sent beside it. ${leaveOut}.`;
  if (plan.operation.capabilities.certificateAuthorities) return `${fault}. ${leaveOut}.`;
  const own = plan.operation === customCertificate ? '' : `spec.operation ${customCertificate.action} and `;
  return `${fault}. ${leaveOut}; where the program that makes it cannot, use an issuer for such programs alone with ${own}spec.createCustomCertificate.subject, such as { organization: <your organization> }, which PCA takes instead of the subject of every CSR.`;
}

/** The types of the attributes without a value that the refusal may be for. */
function emptyTypes(code: string, { request }: RefusedPlan): readonly string[] {
  const named = namedParameter(code);
  if (named !== undefined && !aboutSubject.has(named)) return [];
  const empty = request.csr.subject.attributes.filter(({ value }) => value === '');
  return [...new Set(empty.map(({ oid }) => attributeLabel(oid)))];
}
