// Rows: an exception at a boundary, which is a bug; the queue tries the key again. What it breaks for good is in defects.ts.
import { issues } from './cloud.ts';
import { done, issued, issuedWrite, log, remembers, seen, told, webRequest } from './expected.ts';
import type { Boundary, Row } from './scene.ts';
import * as texts from './texts.ts';

const custom = 'CreateCustomCertificate';
const calls = [`${custom} web-1`];
const message = texts.issued(custom, 'c1');
const cloud = { [custom]: [issues('c1')] };
const thrown = { kind: 'threw', message: 'A bug.' };
const bug = (): never => {
  throw new Error('A bug.');
};
const before: readonly Boundary[] = ['RequestRead', 'Planned', 'EarlierLookedUp', 'CallPermitted'];

export const exceptionRows: readonly Row[] = [
  ...before.map((boundary): Row => ({
    name: `an exception at ${boundary}: nothing was called; the next try issues`,
    scene: { cloud, acts: [{ at: { [boundary]: bug } }, { after: 1_000 }] },
    expected: seen({ next: [thrown] }, issued(message), { calls }),
  })),
  {
    name: 'an exception at VerdictReached: the certificate is kept',
    scene: { cloud, acts: [{ at: { VerdictReached: bug } }] },
    expected: seen({ next: [thrown], calls }, remembers({ calls: 1, decided: 'issued' })),
  },
  {
    name: 'an exception at VerdictReached: the next try writes the certificate without a second call',
    scene: { cloud, acts: [{ at: { VerdictReached: bug } }, { after: 1_000 }] },
    expected: seen({ next: [thrown] }, issued(message), { calls }),
  },
  {
    name: 'an exception at ResultWritten: the watch tells of the end, which is counted and logged without an event',
    scene: { cloud, acts: [{ at: { ResultWritten: bug } }, { after: 1_000 }] },
    expected: seen(
      issuedWrite(message),
      { next: [thrown, done], calls },
      log('info', message, { request: 'shop/web-1', issuer: 'AlibabaPCAIssuer/shop/pca' }),
      { counters: told('Issued', message, webRequest()).counters ?? {} },
    ),
  },
];
