// Answers that are too much, too slow, or packed.
import { gzipSync } from 'node:zlib';
import { body, endless, head, raw, slow } from './answers.ts';
import { saying } from './hostility.ts';
import type { Hostility } from './hostility.ts';

const mebibyte = 1024 * 1024;
const filler = Buffer.alloc(64 * 1024, 'a');
const chunk = Buffer.concat([Buffer.from(`${filler.length.toString(16)}\r\n`), filler, Buffer.from('\r\n')]);
const chunked = { 'transfer-encoding': 'chunked' };
const bomb = gzipSync(Buffer.alloc(64 * mebibyte, ' '), { level: 1 });
const genuineLength = { 'content-length': '4000' };

const tooLarge = /the body is larger than any/;
const noAnswer = /no answer came in time|gave no answer about CA/;
const noObject = /the body is not a JSON object|larger than any/;

/** These. */
export const sizes: readonly Hostility[] = [
  saying(
    'a body of 32 MiB, as announced',
    endless(head(200, { 'content-length': String(32 * mebibyte) }), filler),
    tooLarge,
  ),
  saying('a chunked body without end', endless(head(200, chunked), chunk), tooLarge),
  saying('a body without length and without end', endless(head(200, { connection: 'close' }), filler), tooLarge),
  saying('a refusal without end', endless(head(403, chunked), chunk), tooLarge),
  saying('an internal error without end', endless(head(503, { connection: 'close' }), filler), tooLarge),
  saying('a body byte by byte', slow(head(200, genuineLength), 'a'.repeat(4000)), noAnswer),
  saying('a head byte by byte', slow('', head(200, { ...genuineLength, 'x-slow': 'a'.repeat(4000) })), noAnswer),
  saying('nothing at all', () => undefined, noAnswer),
  saying('a head and no body', raw(head(200, genuineLength)), noAnswer),
  saying('64 MiB packed into few bytes', body(bomb, 200, { 'content-encoding': 'gzip' }), noObject),
  saying(
    '64 MiB packed into few bytes, packed again',
    body(gzipSync(bomb), 200, { 'content-encoding': 'gzip, gzip' }),
    noObject,
  ),
  saying('packed bytes that are not announced', body(bomb), noObject),
  saying('a packed refusal', body(bomb, 403, { 'content-encoding': 'gzip' }), noObject),
];
