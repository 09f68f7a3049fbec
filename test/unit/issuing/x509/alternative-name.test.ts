// Addresses among alternative names: the one text that each has.
import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { alternativeNamesOf } from '../../../../src/issuing/x509/alternative-name.ts';
import { decodeDer } from '../../../../src/issuing/x509/der.ts';

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc
    .array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: length, maxLength: length })
    .map((all) => Uint8Array.from(all));

function addressOf(content: Uint8Array): string | undefined {
  const name = Buffer.concat([Buffer.of(0x87, content.length), content]);
  const read = decodeDer(Buffer.concat([Buffer.of(0x30, name.length), name]), alternativeNamesOf);
  return read.kind === 'ok' ? read.value.names[0]?.value : undefined;
}

test.each([
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['20010db8000000000000000000000000', '2001:db8::'],
  ['20010db8000000010000000000010000', '2001:db8:0:1::1:0'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['00010000000100010001000100010001', '1:0:1:1:1:1:1:1'],
])('%s is %s', (hex, text) => {
  expect(addressOf(Buffer.from(hex, 'hex'))).toBe(text);
});

test('an address of 16 octets is written as in RFC 5952', () => {
  fc.assert(
    fc.property(octets(16), (content) => {
      const groups = Array.from({ length: 8 }, (_, n) =>
        Buffer.from(content)
          .readUInt16BE(2 * n)
          .toString(16),
      );
      expect(`[${addressOf(content) ?? ''}]`).toBe(new URL(`http://[${groups.join(':')}]`).hostname);
    }),
  );
});

test('an address of 4 octets is one of version 4', () => {
  fc.assert(
    fc.property(octets(4), (content) => {
      expect(isIP(addressOf(content) ?? '')).toBe(4);
    }),
  );
});
