// The tables of docs/configuration.md, docs/metrics.md and docs/conditions-and-errors.md, read from the code's catalogues.
import { errorClasses, errorTable } from '../../src/alibaba/error-table.ts';
import { aspectReasons } from '../../src/controllers/issuers/aspects/reasons.ts';
import { failoverReasons } from '../../src/controllers/issuers/failover/failover-reasons.ts';
import { issuerNews, issuerReasons } from '../../src/controllers/issuers/reasons.ts';
import { consequences, failureReasons, troubleReasons } from '../../src/controllers/requests/reasons.ts';
import type { Consequence } from '../../src/controllers/requests/reasons.ts';
import { logFields } from '../../src/runtime/log-fields.ts';
import { metricCatalogue } from '../../src/runtime/metric-catalogue.ts';
import { settings } from '../../src/runtime/options.ts';
import { markdownTable } from './generated-section.ts';

/** Every flag with its variable, default and meaning. */
export function settingsTable(): string {
  const rows = Object.entries(settings).map(([name, { default: value, help }]) => [
    `\`--${name}\``,
    `\`PCA_ISSUER_${name.replaceAll('-', '_').toUpperCase()}\``,
    value === '' ? '' : `\`${value}\``,
    help,
  ]);
  return markdownTable(['Flag', 'Variable', 'Default', 'Meaning'], rows);
}

/** Every metric with its type, labels and meaning. */
export function metricsTable(): string {
  const rows = Object.entries(metricCatalogue).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  return markdownTable(['Metric', 'Type', 'Labels', 'Meaning'], rows);
}

/** Reasons of the issuers' Ready condition and of the events that go with it. */
export function issuerReasonsTable(): string {
  const rows = Object.entries(issuerReasons).map(([reason, { outlook, meaning }]) => [
    `\`${reason}\``,
    outlook === 'Stalled' ? 'yes' : 'no',
    meaning,
  ]);
  return markdownTable(['Reason', 'Stalled', 'Meaning and what to do'], rows);
}

/** Reasons of an issuer's conditions beside Ready and Stalled. */
export function aspectReasonsTable(): string {
  const rows = Object.entries(aspectReasons).map(([reason, { type, status, isWarning, meaning }]) => [
    type === 'any' ? 'each' : `\`${type}\``,
    `\`${reason}\``,
    status,
    isWarning ? 'yes' : 'no',
    meaning,
  ]);
  return markdownTable(['Condition', 'Reason', 'Status', 'Warns', 'Meaning and what to do'], rows);
}

/** Reasons for which another entry of spec.failover stands in. */
export function failoverReasonsTable(): string {
  const rows = Object.entries(failoverReasons).map(([reason, why]) => [`\`${reason}\``, why]);
  return markdownTable(['Reason', 'Why another entry helps'], rows);
}

/** Events on issuers beside those of Ready. */
export function issuerNewsTable(): string {
  const rows = Object.entries(issuerNews).map(([reason, meaning]) => [`\`${reason}\``, meaning]);
  return markdownTable(['Event', 'Meaning and what to do'], rows);
}

/** Reasons of the events on requests, with all that follows from each. */
export function requestReasonsTable(): string {
  const rows = Object.entries(consequences).map(([reason, { event, log, counter, meaning }]: [string, Consequence]) => [
    `\`${reason}\``,
    event,
    log ?? '–',
    counter === undefined ? '–' : `\`${counter}\``,
    meaning,
  ]);
  return markdownTable(['Reason', 'Event', 'Log', 'Counter', 'When'], rows);
}

/** Troubles that are tried again, beside the classes of PCA's errors. */
export function troubleReasonsTable(): string {
  const rows = Object.entries(troubleReasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]);
  return markdownTable(['Trouble', 'What happened'], rows);
}

/** Why a request fails for good. */
export function failureReasonsTable(): string {
  const rows = Object.entries(failureReasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]);
  return markdownTable(['Reason', 'What happened'], rows);
}

/** What each class of error means. */
export function errorClassesTable(): string {
  const rows = Object.entries(errorClasses).map(([name, { request, issuer }]) => [`\`${name}\``, request, issuer]);
  return markdownTable(['Class', 'The request', 'The issuer'], rows);
}

/** Which error belongs to which class. */
export function errorCodesTable(): string {
  const rows = errorTable.map((row) => [
    row.source,
    row.patterns.map((pattern) => `\`${pattern}\``).join(', '),
    `\`${row.class}\``,
    row.mayHaveIssued ? 'yes' : 'no',
    row.meaning,
  ]);
  return markdownTable(['Seen as', 'Value', 'Class', 'May have issued', 'What happened'], rows);
}

/** Every field of a log line with its form and meaning. */
export function logFieldsTable(): string {
  const rows = Object.entries(logFields).map(([name, { form, meaning }]) => [`\`${name}\``, shownForms[form], meaning]);
  return markdownTable(['Field', 'Form', 'Meaning'], rows);
}

const shownForms = { text: 'text', number: 'number', list: 'list of texts', issuer: 'text' } as const;
