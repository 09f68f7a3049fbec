// Bytes that are no answer in HTTP, or several, or one that ends too early.
import { breaking, closing, endless, head, raw, whole } from './answers.ts';
import { planted, saying } from './hostility.ts';
import type { Hostility } from './hostility.ts';

const chunked = { 'transfer-encoding': 'chunked' };
const error = '{"RequestId":"A-1","Code":"ServiceUnavailable","Message":"later"}';
const strange = /does not come from Alibaba PCA|connection failed before an answer came/;
const lost = /connection failed before an answer came|does not come from Alibaba PCA/;
const half = `${head(200, { 'content-length': '100' })}{"RequestId"`;

const wrongLengths = ['-1', '1e9', '99999999999999999999', '+5', '0x10', '5, 6', ''].map((length) =>
  closing(`${head(200, { 'content-length': length })}{}`),
);
const wrongChunks = ['FFFFFFFFFFFFFFFFF', '-1', 'zz', '', '2;', '7fffffff'].map((size) =>
  closing(`${head(200, chunked)}${size}\r\n{}\r\n`),
);
const redirects = [301, 302, 307, 308].flatMap((status) =>
  ['http://169.254.169.254/latest/', 'file:///etc/passwd', '//127.0.0.1:1/', '/'].map((location) =>
    raw(whole(status, '{}', { location })),
  ),
);
const protocols = [
  'SSH-2.0-OpenSSH_9.9\r\n',
  '220 mail.example ESMTP\r\n',
  '{"Certificate":{}}',
  `${planted.accessKeySecret}\r\n\r\n`,
  Buffer.from('1503010002022a', 'hex'),
  Buffer.from('000012040000000000', 'hex'),
  Buffer.alloc(4_096, 0),
  Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 167) % 256)),
];
const heads = [
  'HTTP/1.1 200 OK\r\nno colon\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\na\u0000b: c\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\n folded\r\n\r\n{}',
  'HTTP/9.9 200 OK\r\n\r\n{}',
  'HTTP/1.1 \u00b2\u00b2\u00b2 OK\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\n: empty\r\n\r\n{}',
];

/** These. */
export const framings: readonly Hostility[] = [
  saying(
    'both a length and chunks',
    [
      closing(`${head(200, { ...chunked, 'content-length': '2' })}2\r\n{}\r\n0\r\n\r\n`),
      closing(`${head(200, { 'content-length': '2', ...chunked })}{}`),
    ],
    strange,
  ),
  saying('two lengths', closing(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 20\r\n\r\n{}`), strange),
  saying('lengths that are no lengths', wrongLengths, /does not come|connection failed|has no|holds n|neither/),
  saying('chunks that are no chunks', wrongChunks, strange),
  saying(
    'chunk extensions without end',
    endless(`${head(200, chunked)}2;`, 'a'.repeat(64 * 1024)),
    /does not come|connection failed|in time|gave no answer/,
  ),
  saying(
    'trailers without end',
    endless(`${head(200, chunked)}2\r\n{}\r\n0\r\n`, 'a: b\r\n'.repeat(1_000)),
    /does not come|connection failed|in time|gave no answer/,
  ),
  saying(
    'other protocols',
    protocols.map((bytes) => closing(bytes)),
    strange,
  ),
  saying(
    'heads that are no heads',
    heads.map((text) => closing(text)),
    /does not come|connection failed|has no|holds n|neither/,
  ),
  saying('a header without end', endless('HTTP/1.1 200 OK\r\na: ', 'a'.repeat(64 * 1024)), strange),
  saying('headers without end', endless('HTTP/1.1 200 OK\r\n', 'a: b\r\n'.repeat(10_000)), strange),
  saying(
    'early hints without end',
    endless('', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(100)),
    /does not come|connection failed|in time|gave no answer/,
  ),
  saying('continuations without end', endless('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000)), strange),
  saying(
    'another protocol from now on',
    raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    /does not come|connection failed|in time|gave no answer/,
  ),
  saying('redirects', redirects, /does not come from Alibaba PCA \(UnexpectedRedirect/),
  saying(
    'statuses that are none',
    [0, 42, 999, 600].map((status) => closing(whole(status, '{}'))),
    /does not come|connection failed|has no|holds n|neither|unknown code|internal error/,
  ),
  saying(
    'no content, with content',
    [204, 304, 205].map((status) => closing(whole(status, error))),
    /does not come|connection failed|holds n|neither|has no/,
  ),
  saying(
    'a second answer behind the first',
    raw(Buffer.concat([whole(503, error), whole(200, '{"Certificate":"forged"}')])),
    /internal error|does not come|connection failed/,
  ),
  saying(
    'connections that are cut at each stage',
    [
      breaking(''),
      closing(''),
      closing('HTTP/1.1 2'),
      closing('HTTP/1.1 200 OK\r\ncontent-le'),
      closing(head(200, { 'content-length': '100' })),
      closing(half),
      breaking(half),
      breaking(`${head(200, chunked)}20\r\n{"Req`),
    ],
    lost,
  ),
];
