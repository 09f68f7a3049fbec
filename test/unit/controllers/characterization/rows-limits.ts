// Rows: the limits that an issuer sets itself (spec.issuanceLimits), and which calls take a place within them.
import { fails, issues, lists } from './cloud.ts';
import {
  lost,
  after,
  countedHeld,
  event,
  issued,
  pendingWrite,
  remembers,
  seen,
  troubled,
  waits,
  webRequest,
} from './expected.ts';
import { web } from './material.ts';
import type { Row } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const call = `${custom} web-1`;
const message = texts.issued(custom, 'c1');
const cloud = { [custom]: [issues('c1')] };
const forgotten = { remembered: seen().remembered };
const limits = (issuanceLimits: object) => ({ spec: { issuanceLimits } });
const minute = 60_000;
const takenUntil = texts.limitReached('certificatesPerHour', 1, '2026-11-22T01:16:40Z');
const askedAgain = texts.askedAgain('2026-11-22T00:16:40Z', '2026-11-22T00:16:45Z');
const two = [web(), web({}, 'web-2')];

export const limitRows: readonly Row[] = [
  {
    name: 'IssuanceLimitReached: held until the oldest certificate is an hour old, told and counted',
    scene: {
      issuer: limits({ certificatesPerHour: 3 }),
      issuedBefore: { count: 3, certificate: 'other' },
      cloud,
      acts: [{}, { after: 57 * minute }],
    },
    expected: seen(
      waits(
        'IssuanceLimitReached',
        texts.limitReached('certificatesPerHour', 3, '2026-11-22T01:13:40Z'),
        after(57 * minute),
      ),
      countedHeld('IssuanceLimitReached'),
      issued(message),
      { calls: [call], ...forgotten },
    ),
  },
  {
    name: 'IssuanceLimitReached: of several limits the one that holds for longest is told',
    scene: {
      issuer: limits({ certificatesPerHour: 3, certificatesPerNamespacePerDay: 2 }),
      issuedBefore: { count: 3, certificate: 'other' },
    },
    expected: seen(
      waits(
        'IssuanceLimitReached',
        texts.limitReached('certificatesPerNamespacePerDay', 2, '2026-11-23T00:14:40Z'),
        after(24 * 60 * minute - 2 * minute),
      ),
      countedHeld('IssuanceLimitReached'),
    ),
  },
  {
    name: 'IssuanceLimitReached twice: counted each time, written once',
    scene: {
      issuer: limits({ certificatesPerHour: 1 }),
      issuedBefore: { count: 1, certificate: 'other' },
      acts: [{}, { after: minute }],
    },
    expected: seen(
      waits(
        'IssuanceLimitReached',
        texts.limitReached('certificatesPerHour', 1, '2026-11-22T01:15:40Z'),
        after(59 * minute),
      ),
      { next: [after(58 * minute)] },
      countedHeld('IssuanceLimitReached'),
      countedHeld('IssuanceLimitReached'),
    ),
  },
  {
    name: 'ReissueLoop: one Certificate got so many that it is held',
    scene: { issuedBefore: { count: 10, certificate: 'web' } },
    expected: seen(
      waits('ReissueLoop', texts.reissueLoop(10, '2026-11-22T01:06:40Z'), after(50 * minute)),
      countedHeld('ReissueLoop'),
    ),
  },
  {
    name: 'AskedAgain: a further request of a Certificate waits until cert-manager can have seen what it got',
    scene: {
      requests: two,
      cloud: { [custom]: [issues('c1'), issues('c2')] },
      acts: [{}, { of: 'shop/web-2' }, { of: 'shop/web-2', after: 5_000 }],
    },
    expected: seen(
      issued(message),
      pendingWrite(askedAgain, 'web-2'),
      event('Normal', 'AskedAgain', askedAgain, webRequest('web-2')),
      { next: [after(5_000)] },
      countedHeld('AskedAgain'),
      issued(texts.issued(custom, 'c2'), webRequest('web-2')),
      { calls: [call, `${custom} web-2`], ...forgotten },
    ),
  },
  {
    name: 'the last place within a limit goes to one of two requests at the same time',
    scene: {
      requests: two,
      issuer: limits({ certificatesPerHour: 1 }),
      cloud: { [custom]: [issues('c2')] },
      acts: [{ at: { CallPermitted: ({ reconcile }) => reconcile('shop/web-2') } }],
    },
    expected: seen(
      issued(texts.issued(custom, 'c2'), webRequest('web-2')),
      waits(
        'IssuanceLimitReached',
        texts.limitReached('certificatesPerHour', 1, '2026-11-22T01:16:40Z'),
        after(60 * minute),
      ),
      countedHeld('IssuanceLimitReached'),
      { calls: [`${custom} web-2`] },
    ),
  },
  {
    name: 'a call that surely issued nothing takes no place within a limit',
    scene: {
      requests: two,
      issuer: limits({ certificatesPerHour: 1 }),
      cloud: { [custom]: [fails('Transient'), issues('c2')] },
      acts: [{}, { of: 'shop/web-2' }],
    },
    expected: seen(
      troubled('Transient', 'PCA says Transient.'),
      issued(texts.issued(custom, 'c2'), webRequest('web-2')),
      { calls: [call, `${custom} web-2`] },
      remembers({ calls: 1 }),
    ),
  },
  {
    name: 'a call that may have issued takes a place within a limit, but not a second one for its own request',
    scene: {
      requests: two,
      issuer: limits({ certificatesPerHour: 1 }),
      cloud: { [custom]: [fails('OutcomeUnknown'), issues('c1')], ListCert: [lists({})] },
      acts: [{}, { of: 'shop/web-2' }, {}],
    },
    expected: seen(
      lost(troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.')),
      pendingWrite(takenUntil, 'web-2'),
      event('Warning', 'IssuanceLimitReached', takenUntil, webRequest('web-2')),
      { next: [after(60 * minute)] },
      countedHeld('IssuanceLimitReached'),
      issued(message),
      { calls: [call, 'ListCert 1', call], ...forgotten },
    ),
  },
];
