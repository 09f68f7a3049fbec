// All alerts by their full names.
import type { Alert } from './alert.ts';
import { issuerAlerts } from './issuer-alerts.ts';
import { operatorAlerts } from './operator-alerts.ts';
import { pcaAlerts } from './pca-alerts.ts';
import { requestAlerts } from './request-alerts.ts';

const product = 'AlibabaPCAIssuer';

const groups = {
  'The operator': operatorAlerts,
  Issuers: issuerAlerts,
  'Requests and certificates': requestAlerts,
  'Calls to Alibaba Cloud': pcaAlerts,
} as const satisfies Readonly<Record<string, Readonly<Record<string, Alert>>>>;

type GroupName = keyof typeof groups;

/** Full name of an alert. */
export type AlertName = {
  [Group in GroupName]: `${typeof product}${keyof (typeof groups)[Group] & string}`;
}[GroupName];

/** The alerts by what they are about, each with its full name, in the order of the docs. */
export const alertGroups: readonly (readonly [title: GroupName, alerts: readonly (readonly [AlertName, Alert])[]])[] =
  Object.entries(groups).map(([title, alerts]) => [
    title as GroupName,
    Object.entries<Alert>(alerts).map(([name, alert]) => [`${product}${name}` as AlertName, alert]),
  ]);

/** All alerts. */
export const alerts: ReadonlyMap<AlertName, Alert> = new Map(alertGroups.flatMap(([, each]) => each));
