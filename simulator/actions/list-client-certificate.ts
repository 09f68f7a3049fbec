// ListClientCertificate (2020-06-30): the issued certificates with their PEM texts, newest first, paged by number.
import type { Action } from './action.ts';
import { describedCertificate, isOn } from './described-certificate.ts';
import { pageOf, pageParameters } from './paging.ts';

/** Filters by identifier and resource group; not by custom identifier. */
export const listClientCertificate: Action = {
  name: 'ListClientCertificate',
  version: '2020-06-30',
  issues: false,
  parameters: [
    { name: 'Identifier', type: 'string', maximumLength: 64 },
    { name: 'ResourceGroupId', type: 'string', maximumLength: 64 },
    ...pageParameters,
  ],
  run(given, service) {
    const [identifier, group] = [given.get('Identifier'), given.get('ResourceGroupId')];
    const found = service.ledger
      .all()
      .filter(
        (record) =>
          isOn(record, 'Certificates') &&
          (identifier === undefined || record.identifier === identifier) &&
          (group === undefined || record.resourceGroupId === group),
      );
    const { items, numbers } = pageOf(found, given, 20);
    return {
      kind: 'answered',
      body: {
        ...numbers,
        PageCount: Math.ceil(numbers.TotalCount / numbers.ShowSize),
        CertificateList: items.map((record) => describedCertificate(record, service)),
      },
    };
  },
};
