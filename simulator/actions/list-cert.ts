// ListCert (2020-06-30): the issued certificates, newest first, paged by number or by token, times in milliseconds.
import { integerOf } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import type { Faults } from '../faults.ts';
import { refused } from './action.ts';
import type { Action } from './action.ts';
import { isOn } from './described-certificate.ts';
import { pageParameters } from './paging.ts';

const datePattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])( ([01]\d|2[0-3]):[0-5]\d:[0-5]\d)?$/;

/** Lists by CA, status, type and time of the last change; it can neither look up nor filter by custom identifier. */
export const listCert: Action = {
  name: 'ListCert',
  version: '2020-06-30',
  issues: false,
  parameters: [
    { name: 'InstanceUuid', type: 'string', maximumLength: 64 },
    { name: 'ParentIdentifier', type: 'string', maximumLength: 64 },
    { name: 'Status', type: 'string', values: ['ISSUE', 'REVOKE'] },
    { name: 'Type', type: 'string', values: ['SERVER', 'CLIENT', 'END_ENTITY'] },
    { name: 'AfterDate', type: 'string', pattern: datePattern },
    { name: 'BeforeDate', type: 'string', pattern: datePattern },
    ...pageParameters,
    { name: 'MaxResults', type: 'integer', minimum: 1, maximum: 2000 },
    { name: 'NextToken', type: 'string', maximumLength: 64 },
  ],
  run(given, { ledger, faults }) {
    const { listDates } = faults.current;
    const dates = ['AfterDate', 'BeforeDate'].map((name) => given.get(name));
    if (dates.some((text) => text !== undefined && !isTaken(text, listDates)))
      return refused(problem('InvalidParameter.Date', 'The date is malformed.'));

    const [after, before] = listDates === 'Ignored' ? [] : dates.map(readDate);
    const [parent, status, type] = [given.get('ParentIdentifier'), given.get('Status'), given.get('Type')];
    const found = ledger
      .all()
      .filter(
        (record) =>
          isOn(record, 'Certificates') &&
          (parent === undefined || record.parent.identifier === parent) &&
          (status === undefined || record.status === status) &&
          (type === undefined || record.type === type) &&
          (after === undefined || record.modifiedAt.getTime() >= after) &&
          (before === undefined || record.modifiedAt.getTime() <= before),
      );
    const page = integerOf(given, 'CurrentPage', 1);
    const byToken = given.has('MaxResults') || given.has('NextToken');
    const size = byToken ? integerOf(given, 'MaxResults', 20) : integerOf(given, 'ShowSize', 50);
    const start = byToken ? startOf(given.get('NextToken')) : (page - 1) * size;
    if (start === undefined) return refused(problem('InvalidParameter.NextToken', 'The NextToken is unknown.'));
    const items = found.toReversed().slice(start, start + size);
    return {
      kind: 'answered',
      body: {
        ...(byToken ? { MaxResults: size } : { CurrentPage: page, ShowSize: size }),
        ...(byToken && start + size < found.length ? { NextToken: tokenFor(start + size) } : {}),
        PageCount: Math.ceil(found.length / size),
        TotalCount: found.length,
        List: items.map((record) => ({
          Identifier: record.identifier,
          ...(record.customIdentifier === undefined ? {} : { CustomIdentifier: record.customIdentifier }),
          ParentIdentifier: record.parent.identifier,
          SerialNumber: record.serialNumber,
          Status: record.status,
          Type: record.type,
          CommonName: record.commonName,
          BeforeTime: record.notBefore.getTime(),
          AfterTime: record.notAfter.getTime(),
        })),
      },
    };
  },
};

function isTaken(text: string, listDates: Faults['listDates']): boolean {
  const isDay = text.length === 10;
  return listDates === 'Both' || listDates === 'Ignored' || listDates === (isDay ? 'Days' : 'Seconds');
}

// The documents' examples are `2025-09-04` and `2024-05-13 12:59:45`; the zone is not said and taken to be UTC.
function readDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return Date.parse(`${text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T')}Z`);
}

function tokenFor(start: number): string {
  return Buffer.from(`from:${start}`).toString('hex');
}

function startOf(token: string | undefined): number | undefined {
  if (token === undefined) return 0;
  const match = /^from:(\d{1,9})$/.exec(Buffer.from(token, 'hex').toString('latin1'));
  return match === null ? undefined : Number(match[1]);
}
