// Rows: what lets a call out or not: the account's limit, a held endpoint, a probe after a fault of the issuer, the fence.
import { fails, issues } from './cloud.ts';
import {
  after,
  done,
  givenUp,
  issued,
  issuerHeld,
  issuerName,
  remembers,
  seen,
  told,
  issuedWrite,
  troubled,
  waits,
  webRequest,
} from './expected.ts';
import { requestPath, web, webOfAnother } from './material.ts';
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
const two = [web(), web({}, 'web-2')];

export const turnRows: readonly Row[] = [
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
    name: 'two waits for its turn with a call in between: each counts for itself',
    scene: {
      cloud: { [custom]: [fails('Transient')] },
      acts: [{ before: throttle }, { after: 20_000 }, { after: 15_000, before: throttle }],
    },
    expected: seen(
      { next: [after(30_000)], woken: ['shop/web-1'] },
      troubled('Transient', 'PCA says Transient.'),
      { next: [after(30_000)], calls: [call] },
      remembers({ calls: 1 }),
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
    name: 'after a fault of the issuer one request goes first, a second is not read and is woken by its end',
    scene: {
      requests: [web(), webOfAnother()],
      cloud: { [custom]: [fails('Credentials'), issues('c1'), issues('c2')] },
      acts: [
        {},
        {
          before: ({ checked }) => checked(),
          at: { CallPermitted: ({ reconcile }) => reconcile('shop/web-2') },
        },
        { of: 'shop/web-2' },
      ],
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('CredentialsInvalid')),
      { woken: ['shop/web-1', 'shop/web-2', issuerName, 'shop/web-1', 'shop/web-2'] },
      { woken: ['shop/web-1', 'shop/web-2', issuerName], next: [after(60_000)] },
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
    name: 'given up: the fence is down, so no call goes out and none is counted',
    scene: { acts: [{ before: ({ fence }) => fence(false) }] },
    expected: seen(givenUp()),
  },
  {
    name: 'given up: the deadline of the reconcile is over when the call may go out',
    scene: { acts: [{ at: { CallPermitted: ({ abort }) => abort() } }] },
    expected: seen(givenUp()),
  },
  {
    name: 'the fence falls while the call is out: what it brought is written all the same',
    scene: { cloud, acts: [{ at: { CallAnswered: ({ fence }) => fence(false) } }] },
    expected: seen(issuedWrite(message), told('Issued', message, webRequest()), { next: [done], calls: [call] }),
  },
];
