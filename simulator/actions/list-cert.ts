/** ListCert (2020-06-30): the issued certificates, newest first, page by page, dates in milliseconds. */
import { integerOf } from '../protocol/parameters.ts';
import { problem } from '../protocol/problem.ts';
import { refused, type Action } from './action.ts';

export const listCert: Action = {
  name: 'ListCert',
  version: '2020-06-30',
  issues: false,
  parameters: [
    { name: 'InstanceUuid', type: 'string', maximumLength: 64 },
    { name: 'ParentIdentifier', type: 'string', maximumLength: 64 },
    { name: 'Status', type: 'string', values: ['ISSUE', 'REVOKE'] },
    { name: 'Type', type: 'string', values: ['SERVER', 'CLIENT', 'END_ENTITY'] },
    { name: 'AfterDate', type: 'string', maximumLength: 32 },
    { name: 'BeforeDate', type: 'string', maximumLength: 32 },
    { name: 'CurrentPage', type: 'integer', minimum: 1 },
    { name: 'ShowSize', type: 'integer', minimum: 1, maximum: 50 },
  ],
  run(given, { ledger }) {
    const [after, before] = [readDate(given.get('AfterDate')), readDate(given.get('BeforeDate'))];
    if (after === 'unreadable' || before === 'unreadable') {
      return refused(
        problem('InvalidParameter', 'AfterDate and BeforeDate must be Unix seconds or milliseconds, or yyyy-MM-dd.'),
      );
    }
    const [parent, status, type] = [given.get('ParentIdentifier'), given.get('Status'), given.get('Type')];
    const found = ledger
      .all()
      .filter(
        (record) =>
          (parent === undefined || record.parent.identifier === parent) &&
          (status === undefined || record.status === status) &&
          (type === undefined || record.type === type) &&
          (after === undefined || record.notBefore.getTime() >= after) &&
          (before === undefined || record.notBefore.getTime() <= before),
      );
    const page = integerOf(given, 'CurrentPage', 1);
    const size = integerOf(given, 'ShowSize', 50);
    const items = found.toReversed().slice((page - 1) * size, page * size);
    return {
      kind: 'answered',
      body: {
        CurrentPage: page,
        ShowSize: size,
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

// The documents give the type "string" and no syntax: days, seconds and milliseconds are all taken.
function readDate(text: string | undefined): number | 'unreadable' | undefined {
  if (text === undefined) return undefined;
  if (/^\d{10}$/.test(text)) return Number(text) * 1_000;
  if (/^\d{13}$/.test(text)) return Number(text);
  const date = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(date) ? 'unreadable' : date;
}
