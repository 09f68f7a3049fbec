// The tables of docs/configuration.md, docs/metrics.md and docs/conditions-and-errors.md, read from the code's catalogues.
import { errorClasses, errorTable } from '../../src/alibaba/error-table.ts';
import { requestEventReasons } from '../../src/controllers/request-events.ts';
import { issuerReasons } from '../../src/controllers/issuer-reasons.ts';
import { metricCatalogue } from '../../src/runtime/metrics.ts';
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
  const rows = Object.entries(issuerReasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]);
  return markdownTable(['Reason', 'Meaning and what to do'], rows);
}

/** Reasons of the events on CertificateRequests. */
export function requestReasonsTable(): string {
  const rows = Object.entries(requestEventReasons).map(([reason, { type, meaning }]) => [
    `\`${reason}\``,
    type,
    meaning,
  ]);
  return markdownTable(['Reason', 'Type', 'When'], rows);
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
