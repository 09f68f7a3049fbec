// Rows that pin what is wrong today, so that it is changed on purpose: each goes to the other rows when it is mended.
import { fails, issues } from './cloud.ts';
import { after, issued, issuerName, remembers, seen, waits } from './expected.ts';
import { web } from './material.ts';
import type { Row } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const call = `${custom} web-1`;
const thrown = { kind: 'threw', message: 'A bug.' };
const bug = (): never => {
  throw new Error('A bug.');
};
const twice = ['shop/web-1', 'shop/web-2'];

export const defects: readonly Row[] = [
  {
    name: "an exception takes the probe's place with it: no request of the issuer goes out again",
    scene: {
      requests: [web(), web({}, 'web-2')],
      cloud: { [custom]: [fails('Credentials')] },
      acts: [
        {},
        { before: ({ checked }) => checked(), at: { Planned: bug } },
        { after: 3_600_000 },
        { of: 'shop/web-2' },
      ],
    },
    expected: seen(
      waits('IssuerNotReady', texts.issuerNotReady('CredentialsInvalid')),
      { woken: [...twice, issuerName, ...twice] },
      { next: [thrown, after(2_000), after(2_000)], calls: [call] },
      remembers({ calls: 1 }),
    ),
  },
  {
    name: 'an exception when the call may go out keeps its place at the endpoint: in the end none goes out again',
    scene: {
      acts: [...Array.from({ length: 4 }, () => ({ at: { CallPermitted: bug } })), {}, { after: 3_600_000 }],
    },
    expected: seen(
      { next: [thrown, thrown, thrown, thrown, after(30_000)] },
      waits('WaitingForTurn', texts.turn, after(300_000), 'Normal'),
    ),
  },
  {
    name: 'an exception after the answer loses the certificate without a word, and a second one is paid for',
    scene: {
      cloud: { [custom]: [issues('c1'), issues('c2')] },
      acts: [{ at: { CallAnswered: bug } }, { after: 1_000 }],
    },
    expected: seen({ next: [thrown] }, issued(texts.issued(custom, 'c2')), { calls: [call, call] }),
  },
];
