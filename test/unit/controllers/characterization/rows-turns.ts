// Rows: what lets a call out or not: the issuer's limits, the account's limit, a held endpoint, a probe, the fence.
import { fails, issues, lists } from './cloud.ts';
import {
  after,
  countedHeld,
  done,
  event,
  issued,
  issuerHeld,
  issuerName,
  pendingWrite,
  remembers,
  seen,
  told,
  issuedWrite,
  troubled,
  waits,
  webRequest,
} from './expected.ts';
import { requestPath, web } from './material.ts';
import type { Row, Stage } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const call = `${custom} web-1`;
const message = texts.issued(custom, 'c1');
const cloud = { [custom]: [issues('c1')] };
const forgotten = { remembered: seen().remembered };
const throttle = ({ throttle }: Stage): void => throttle();
// Each throttled answer to somebody else stops all calls for a quarter of a second.
const throttledFor =
  (milliseconds: number) =>
  (stage: Stage): void => {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      stage.pass(100);
      stage.throttle();
    }
  };
const limits = (issuanceLimits: object) => ({ spec: { issuanceLimits } });
const minute = 60_000;
const takenUntil = texts.limitReached('certificatesPerHour', 1, '2026-11-22T01:16:40Z');
const two = [web(), web({}, 'web-2')];

export const turnRows: readonly Row[] = [
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
      troubled('OutcomeUnknown', 'PCA says OutcomeUnknown.'),
      pendingWrite(takenUntil, 'web-2'),
      event('Warning', 'IssuanceLimitReached', takenUntil, webRequest('web-2')),
      { next: [after(60 * minute)] },
      countedHeld('IssuanceLimitReached'),
      issued(message),
      { calls: [call, 'ListCert 1', call], ...forgotten },
    ),
  },
  {
    name: "the account's limit is used up: waits in line without a word, and is woken when its turn has come",
    scene: { cloud, acts: [{ before: throttle }, { after: 1_000 }] },
    expected: seen({ next: [after(30_000)], woken: ['shop/web-1'] }, issued(message), { calls: [call] }),
  },
  {
    name: 'in line when its issuer is not ready any more: it leaves the line and is not woken for its turn',
    scene: {
      acts: [
        { before: throttle },
        { after: 100, before: ({ checkFailed }) => checkFailed('SecretNotFound') },
        { after: 1_000 },
      ],
    },
    expected: seen(
      { next: [after(30_000)], woken: ['shop/web-1'] },
      waits('IssuerNotReady', texts.issuerNotReady('SecretNotFound')),
      { next: [done], issuer: 'notReady: SecretNotFound' },
    ),
  },
  {
    name: 'deleted while in line: it leaves the line and nothing is remembered',
    scene: {
      acts: [{ before: throttle }, { after: 100, before: ({ remove }) => remove(requestPath()) }, { after: 1_000 }],
    },
    expected: seen({ next: [after(30_000), done, done] }),
  },
  {
    name: 'WaitingForTurn: the limit keeps it waiting for half a minute; the rest of the time not a word',
    scene: {
      acts: [
        { before: throttle },
        { before: throttledFor(29_900) },
        { before: throttledFor(100) },
        { before: throttledFor(1_000) },
      ],
    },
    expected: seen(
      { next: [after(30_000), after(100)] },
      waits('WaitingForTurn', texts.turn, after(300_000), 'Normal'),
      { next: [after(300_000)] },
    ),
  },
  {
    name: 'WaitingForTurn: the endpoint is held and keeps it waiting for half a minute',
    scene: { unanswered: 5, isOtherCalling: true, acts: [{}, { after: 30_000 }] },
    expected: seen(
      { next: [after(30_000)] },
      waits('WaitingForTurn', texts.endpointHeld, after(300_000), 'Normal'),
      remembers(),
    ),
  },
  {
    name: 'a held endpoint lets one call out when its pause is over, and the request is woken for it',
    scene: { unanswered: 5, cloud, acts: [{}, { after: 1_500 }] },
    expected: seen({ next: [after(30_000)], woken: ['shop/web-1'] }, issued(message), { calls: [call] }),
  },
  {
    name: 'after a fault of the issuer one request goes first, a second comes back in two seconds',
    scene: {
      requests: two,
      cloud: { [custom]: [fails('Credentials'), issues('c1'), issues('c2')] },
      acts: [
        {},
        {
          before: ({ checked }) => checked(),
          at: { CallPermitted: ({ reconcile }) => reconcile('shop/web-2') },
        },
        { of: 'shop/web-2', after: 2_000 },
      ],
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('CredentialsInvalid')),
      { woken: ['shop/web-1', 'shop/web-2', issuerName, 'shop/web-1', 'shop/web-2', 'shop/web-1', 'shop/web-2'] },
      { next: [after(2_000)] },
      issued(message),
      issued(texts.issued(custom, 'c2'), webRequest('web-2')),
      { calls: [call, call, `${custom} web-2`], ...forgotten },
    ),
  },
  {
    name: 'after a fault of the issuer: a probe that only waits for its turn gives its place to the next',
    scene: {
      requests: two,
      cloud: { [custom]: [fails('Credentials')] },
      acts: [
        {},
        {
          before: (stage) => {
            stage.checked();
            stage.throttle();
          },
        },
        { of: 'shop/web-2' },
      ],
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('CredentialsInvalid')),
      { woken: ['shop/web-1', 'shop/web-2', issuerName, 'shop/web-1', 'shop/web-2'] },
      { next: [after(30_000), after(30_000)], calls: [call] },
      remembers({ calls: 1 }),
    ),
  },
  {
    name: 'after a fault of the issuer: the same fault again holds it again',
    scene: {
      cloud: { [custom]: [fails('Permission'), fails('Permission')] },
      acts: [{}, { after: 15_000, before: ({ checked }) => checked() }],
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('PermissionDenied')),
      issuerHeld('PermissionDenied', `PCA says Permission. ${texts.permissionDenied}`, 'shop/web-1'),
      { woken: ['shop/web-1', 'shop/web-1', issuerName], next: [done], calls: [call, call] },
      remembers({ calls: 2 }),
    ),
  },
  {
    name: 'NotActing: the fence is down, so no call goes out and none is counted',
    scene: { acts: [{ before: ({ fence }) => fence(false) }] },
    expected: seen(troubled('NotActing', texts.notActing)),
  },
  {
    name: 'NotActing: the deadline of the reconcile is over when the call may go out',
    scene: { acts: [{ at: { CallPermitted: ({ abort }) => abort() } }] },
    expected: seen(troubled('NotActing', texts.notActing)),
  },
  {
    name: 'the fence falls while the call is out: what it brought is written all the same',
    scene: { cloud, acts: [{ at: { CallAnswered: ({ fence }) => fence(false) } }] },
    expected: seen(issuedWrite(message), told('Issued', message, webRequest()), { next: [done], calls: [call] }),
  },
];
