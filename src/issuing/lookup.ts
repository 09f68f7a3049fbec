// Finding a certificate whose issuing call had an unknown outcome, by the identifier that its caller chose.
import { formatMoment } from '../timing/moment.ts';
import type { IssueCall, ListPage } from './operation.ts';
import { asIdentifier, asMoment, pageSize, readListPage } from './reply-body.ts';

/** One certificate of a CA's list. */
export interface IssuedItem {
  readonly identifier: string;
  /** The identifier that its caller chose. */
  readonly customIdentifier: string | undefined;
  readonly issuedAt: Date | undefined;
}

const version = '2020-06-30';

/** How AfterDate is written: the documents' examples have both forms and name no zone. */
export const listDateForms = ['Seconds', 'Days', 'None'] as const;

/** One form; `None` leaves the parameter out. */
export type ListDateForm = (typeof listDateForms)[number];

// The service's time zone is unknown, but no zone is more than 14 hours from UTC; the last hour is for clocks.
const zoneMarginMs = 15 * 3_600_000;

/**
 * The call for one page, from 1, of the certificates that a CA issued or changed after `after` (Alibaba: ListCert, API
 * 2020-06-30: AfterDate "filters certificates modified after this date").
 */
export function listIssuedCall(input: {
  readonly parentIdentifier: string;
  readonly page: number;
  readonly after: Date;
  readonly form: ListDateForm;
}): IssueCall {
  return {
    action: 'ListCert',
    version,
    parameters: {
      ParentIdentifier: input.parentIdentifier,
      CurrentPage: String(input.page),
      ShowSize: String(pageSize),
      ...afterDate(input.after, input.form),
    },
  };
}

function afterDate(after: Date, form: ListDateForm): Readonly<Record<string, string>> {
  const moment = formatMoment(new Date(after.getTime() - zoneMarginMs));
  switch (form) {
    case 'Seconds':
      return { AfterDate: moment.slice(0, 19).replace('T', ' ') };
    case 'Days':
      return { AfterDate: moment.slice(0, 10) };
    case 'None':
      return {};
  }
}

/** Reads a page (Alibaba: ListCert). Items without an identifier cannot be looked up and are left out. */
export function readIssuedList(body: unknown): ListPage<IssuedItem> {
  return readListPage('ListCert', body, 'List', (item): IssuedItem | undefined => {
    const identifier = asIdentifier(item['Identifier']);
    if (identifier === undefined) return undefined;
    const customIdentifier = asIdentifier(item['CustomIdentifier']);
    return { identifier, customIdentifier, issuedAt: asMoment(item['BeforeTime']) };
  });
}
