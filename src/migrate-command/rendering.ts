// A migration as text: what is done to each object for people, JSON and YAML for programs.
import { stringify } from 'yaml';
import type { OutputForm } from '../command-line/flags.ts';
import type { IssuerReference } from '../crds/cert-manager.ts';
import { apiVersion } from '../crds/issuer.ts';
import { describeIssuer } from '../crds/issuer-ref.ts';
import { visible } from '../issuing/x509/shown-text.ts';
import type { CertificateStep, IssuerStep, Steps, StepState } from './steps.ts';

/** Whether it is done, or only told. */
export interface Rendered extends Steps {
  readonly applied: boolean;
}

/** Writes the steps in this form, with a newline at the end. */
export function renderSteps(rendered: Rendered, form: OutputForm): string {
  switch (form) {
    case 'json':
      return `${JSON.stringify(dataOf(rendered), undefined, 2)}\n`;
    case 'yaml':
      return stringify(dataOf(rendered), { aliasDuplicateObjects: false, lineWidth: 0 });
    case 'table': {
      const issuers = rendered.issuers.map(issuerText);
      const certificates = rendered.certificates.map(certificateText);
      // In the order in which it is done.
      const isUndone = rendered.issuers.some(({ action }) => action === 'delete');
      return [
        ...(isUndone ? [...certificates, ...issuers] : [...issuers, ...certificates]),
        summary(rendered),
        '',
      ].join('\n');
    }
  }
}

/** One issuer for people, with a newline at the end. */
export function issuerText(step: IssuerStep): string {
  const { issuer, from, action, notes } = step;
  const isDone = step.state === 'done';
  const what = {
    create: `${isDone ? 'made' : 'make it'} of ${fromText(from)}`,
    keep: `${isDone ? 'kept' : 'keep it'} as it is, for ${fromText(from)}`,
    delete: isDone ? 'deleted' : 'delete it',
  }[action];
  const isPlanned = step.state === 'planned' && step.spec !== undefined;
  return section(
    describeIssuer(issuer),
    step,
    isPlanned ? `${what}, with this spec:${specText(step.spec)}` : what,
    notes,
  );
}

function fromText(from: IssuerStep['from']): string {
  return from === undefined
    ? '(none)'
    : `${from.kind.kind} "${from.namespace === undefined ? '' : `${from.namespace}/`}${from.name}"`;
}

function specText(spec: object | undefined): string {
  const lines = stringify(spec, { lineWidth: 0 }).trimEnd().split('\n');
  return lines.map((line) => `\n    ${visible(line)}`).join('');
}

/** One Certificate for people, with a newline at the end. */
export function certificateText(step: CertificateStep): string {
  const { certificate, to, action, keeps } = step;
  const way = `${step.state === 'done' ? 'refers' : 'refer'} to ${referenceText(to)} instead of ${referenceText(certificate.issuerRef)}`;
  const what =
    action === 'move'
      ? `${way}; certificate ${keeps?.serialNumber ?? ''} stays, until ${keeps?.notAfter ?? ''}`
      : `${way}, which is asked for a certificate at once, since there is none to keep`;
  return section(`Certificate "${certificate.namespace}/${certificate.name}"`, step, what, []);
}

const stateWords: Readonly<Record<StepState, string>> = {
  planned: 'to do',
  done: 'done',
  refused: 'refused',
  failed: 'failed',
};

/** `what` may have lines of its own, which are shown as they are. */
function section(
  title: string,
  { state, why }: { readonly state: StepState; readonly why?: string },
  what: string,
  notes: readonly string[],
): string {
  const isStopped = state === 'refused' || state === 'failed';
  return [
    visible(title),
    `  ${stateWords[state]}: ${isStopped ? visible(why ?? '') : what}`,
    ...(state === 'planned' ? notes.map((note) => `  - ${visible(note)}`) : []),
    '',
  ].join('\n');
}

function referenceText(reference: IssuerReference | undefined): string {
  return reference === undefined ? '(none)' : visible(`${reference.kind ?? '(no kind)'} "${reference.name}"`);
}

/** The last line: how many are done, or would be. */
export function summary({ issuers, certificates, applied }: Rendered): string {
  const states = [...issuers, ...certificates].map(({ state }) => state);
  if (states.length === 0) return 'There is nothing to move.';
  const count = (state: StepState): number => states.filter((each) => each === state).length;
  const stopped = `${count('refused')} refused${applied ? `, ${count('failed')} failed` : ''}`;
  return applied
    ? `${count('done')} done, ${stopped}.`
    : `${count('planned')} to do, ${stopped}. Nothing was changed; --apply does it.`;
}

function dataOf({ issuers, certificates, applied }: Rendered): object {
  return {
    applied,
    issuers: issuers.map(({ issuer: { kind, namespace, name }, from, action, spec, notes, state, why }) => ({
      from: from && { kind: from.kind.kind, namespace: from.namespace, name: from.name },
      action,
      state,
      why,
      manifest: { apiVersion, kind: kind.kind, metadata: { namespace, name }, spec },
      notes,
    })),
    certificates: certificates.map(({ certificate, to, action, keeps, state, why }) => ({
      namespace: certificate.namespace,
      name: certificate.name,
      action,
      state,
      why,
      from: certificate.issuerRef,
      to,
      keeps,
    })),
  };
}
