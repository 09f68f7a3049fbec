// A call that breaks off, and look-ups that never find: lists without end, lists of nothing, somebody else's certificate.
import { body, breaking, filled, inTurn, whenLookedFor } from './answers.ts';
import type { Answer } from './endpoint.ts';
import type { Hostility } from './hostility.ts';
import { oddChain } from './odd-chain.ts';

const itemsOfPage = 40_000;
// With the megabytes of each, more than any operator may hold.
const mostPages = 60;
const pagesToHold = 20;
const lookedFor =
  /connection failed before an answer came|list|ListCert|DescribeClientCertificate|still being read|looked/i;

/** Pages of 4 MB without a total; no two items are the same. */
function pagesWithoutEnd(): Answer {
  let pages = 0;
  return body(() => {
    pages += 1;
    if (pages > mostPages) return '{"List":[],"TotalCount":0}';
    const items = Array.from(
      { length: itemsOfPage },
      (_, item) => `{"Identifier":"i-${pages}-${item}","CustomIdentifier":"c-${pages}-${item}-${'x'.repeat(30)}"}`,
    );
    return `{"RequestId":"A-1","List":[${items.join(',')}]}`;
  });
}

const noLists = [
  '{"List":null}',
  '{"List":[null,1,"a",[],{},true],"TotalCount":6}',
  '{"List":{"length":3},"TotalCount":3}',
  '{"TotalCount":0}',
  '{"List":[],"TotalCount":1e400}',
  '{"List":[{"Identifier":null,"CustomIdentifier":{}}],"TotalCount":"1"}',
  '{"List":"List","TotalCount":-1}',
  '{}',
].map((text) => body(text));

/** Remembers what it was asked for, and then finds it: with somebody else's certificate. */
function foreignCertificate(): Answer {
  let wanted = '';
  const breakOff = breaking('');
  return (exchange) => {
    const { action, parameters } = exchange;
    if (action.startsWith('Create')) {
      wanted = parameters.get('customIdentifier') ?? parameters.get('CustomIdentifier') ?? '';
      return breakOff(exchange);
    }
    const { above } = oddChain(Buffer.from('3000', 'hex'));
    const found = {
      Identifier: 'i-1',
      Status: 'ISSUE',
      X509Certificate: above[0],
      CertChain: above[1],
      SerialNumber: '1',
    };
    const reply = action.startsWith('List')
      ? { List: [{ Identifier: 'i-1', CustomIdentifier: wanted }], TotalCount: 1 }
      : { Certificate: found };
    return body(JSON.stringify({ RequestId: 'A-1', ...reply }))(exchange);
  };
}

/** These. */
export const lists: readonly Hostility[] = [
  { ...issuing('lists without end', whenLookedFor(pagesWithoutEnd()), lookedFor), times: pagesToHold },
  issuing(
    'a list that never moves',
    whenLookedFor(body('{"List":[{"Identifier":"i-1","CustomIdentifier":"c-1"}],"TotalCount":1000000000}')),
    lookedFor,
  ),
  issuing('lists that are none', whenLookedFor(inTurn(...noLists)), lookedFor),
  issuing(
    'lists of empty pages',
    whenLookedFor(body(`{"List":[${'{},'.repeat(100_000)}{}],"TotalCount":1000000000}`)),
    lookedFor,
  ),
  issuing(
    "somebody else's certificate where the request's is looked for",
    foreignCertificate(),
    /not what was asked for|connection failed|not the one|carries/,
  ),
  issuing(
    'a certificate that is never ready',
    body(({ action }) =>
      action.startsWith('Create')
        ? '{"RequestId":"A-1","Identifier":"i-1"}'
        : '{"Certificate":{"Identifier":"i-1","Status":"PENDING"}}',
    ),
    /has not (?:given|finished)/,
  ),
  {
    kind: "another action's answer",
    answer: body(({ action }) =>
      filled(action.startsWith('Describe') ? 'CreateCustomCertificate' : 'DescribeCACertificate', '"a"'),
    ),
    issuerSays: /no certificate|cannot be read|has no/,
    requestSays: /not what was asked for|neither|connection|list/i,
  },
  {
    kind: 'the answer of STS',
    answer: body(
      '{"RequestId":"A-1","AssumedRoleUser":{},"Credentials":{"SecurityToken":"a","AccessKeyId":"b","AccessKeySecret":"c"}}',
    ),
    issuerSays: /no certificate/,
    requestSays: /neither a certificate|list/i,
  },
];

function issuing(kind: string, answer: Answer, requestSays: RegExp): Hostility {
  return { kind, answer, at: 'issuing', requestSays };
}
