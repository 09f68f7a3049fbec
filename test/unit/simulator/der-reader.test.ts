// The DER reader and what stands on it, fed with anything: a clear error or a result, never a crash or a hang.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DerError, readChildren, readElement, readObjectIdentifier } from '../../../simulator/x509/der-reader.ts';
import type { DerElement } from '../../../simulator/x509/der-reader.ts';
import {
  element,
  isObjectIdentifier,
  objectIdentifier,
  sequence,
  unsignedInteger,
} from '../../../simulator/x509/der-writer.ts';
import { addressBytes } from '../../../simulator/x509/extensions.ts';
import { fromPem, toPem } from '../../../simulator/x509/pem.ts';
import { readCertificationRequest, readCertificationRequestDer } from '../../../simulator/x509/signing-request.ts';
import { makeCsr } from './signed-call.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

function walk(found: DerElement, depth: number): number {
  if ((found.tag & 0x20) === 0 || depth > 20) return 1;
  return readChildren(found).reduce((sum, child) => sum + walk(child, depth + 1), 1);
}

describe('the DER reader', () => {
  it('fails with DerError only, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          bytes.map((content) => sequence(content)),
        ),
        (input) => {
          try {
            expect(walk(readElement(input), 0)).toBeLessThanOrEqual(input.length);
          } catch (error) {
            expect(error).toBeInstanceOf(DerError);
            expect(String(error)).toMatch(/^DerError: .+ at byte \d+$/);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('reads back every element that the writer makes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.uint8Array({ maxLength: 70_000 }), (tag, content) => {
        const read = readElement(element(tag, content));
        expect([read.tag, read.contents.equals(content)]).toEqual([tag, true]);
      }),
      { numRuns: 60 },
    );
  });

  const broken: readonly (readonly [string, string, string])[] = [
    ['no bytes', '', 'the data ends too early at byte 0'],
    ['a tag alone', '30', 'the data ends too early at byte 1'],
    ['an indefinite length', '30800000', 'indefinite or oversized length at byte 0'],
    ['a length beyond the data', '3005', 'the length goes beyond the data at byte 0'],
    ['a length in a longer form than needed', '308101ff', 'length not in its shortest form at byte 0'],
    ['a leading zero in the length', `30820080${'00'.repeat(128)}`, 'length not in its shortest form at byte 0'],
    ['bytes after the end', '300000', 'extra bytes at byte 2'],
    ['a tag of several bytes', '3f8101', 'multi-byte tags are not used in X.509 at byte 0'],
  ];
  it.each(broken)('refuses %s', (_name, hex, message) => {
    expect(() => readElement(Buffer.from(hex, 'hex'))).toThrow(
      new DerError(message.replace(/ at byte \d+$/, ''), Number(message.split(' ').at(-1))),
    );
  });
});

describe('object identifiers', () => {
  const arcs = fc.tuple(fc.constantFrom('0', '1', '2'), fc.nat(39), fc.array(fc.nat(), { minLength: 1, maxLength: 8 }));
  it('are the same after writing and reading', () => {
    fc.assert(
      fc.property(arcs, ([first, second, rest]) => {
        const dotted = [first, second, ...rest].join('.');
        expect(isObjectIdentifier(dotted)).toBe(true);
        expect(readObjectIdentifier(readElement(objectIdentifier(dotted)))).toBe(dotted);
      }),
    );
  });
  it.each(['', '1', '1.2', '3.1.1', '1.40.1', '1.02.3', '1..2', 'a.b.c', '1.2.3.'])('%j is none', (text) => {
    expect(isObjectIdentifier(text)).toBe(false);
  });
});

describe('a signing request', () => {
  it('is refused or read, never a crash, whatever its bytes', async () => {
    const { der } = await makeCsr();
    const spoiled = fc
      .array(fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const copy = Buffer.from(der);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(bytes, spoiled), (input) => {
        const read = readCertificationRequestDer(input);
        expect(read.kind === 'read' ? input.equals(der) : read.message.length > 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is malformed when its subject cannot be read', async () => {
    const { der } = await makeCsr({ subject: 'CN=aaaa' });
    const spoiled = Buffer.from(der);
    // The SET around the attribute becomes an OCTET STRING.
    spoiled[spoiled.indexOf(0x31)] = 0x04;
    expect(readCertificationRequestDer(spoiled).kind).toBe('malformed');
  });

  it('is refused as any text that is no PEM', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readCertificationRequest(text)).toEqual({
          kind: 'malformed',
          message: 'not one PEM certificate request',
        });
      }),
    );
  });
});

it('PEM is the same after writing and reading', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), (content) => {
      expect(fromPem(toPem('CERTIFICATE', content), ['CERTIFICATE'])).toEqual(Buffer.from(content));
    }),
  );
});

it('integers get a sign byte where they need one', () => {
  const hex = (text: string) => unsignedInteger(Buffer.from(text, 'hex')).toString('hex');
  expect(['', '00', '7f', '80', '0080', '000001'].map(hex)).toEqual([
    '020100',
    '020100',
    '02017f',
    '02020080',
    '02020080',
    '020101',
  ]);
});

describe('IP addresses', () => {
  it.each([
    ['10.0.0.1', '0a000001'],
    ['::', '0'.repeat(32)],
    ['::1', '1'.padStart(32, '0')],
    ['2001:db8::1:0:0', '20010db8000000000000000100000000'],
    ['fe80::', `fe80${'0'.repeat(28)}`],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.1', `${'0'.repeat(20)}ffffc0000201`],
  ])('%s', (address, hex) => {
    expect(addressBytes(address)?.toString('hex')).toBe(hex);
  });
  it.each(['10.0.0', '1.2.3.4.5', 'fe80::1%eth0', ':::', 'host'])('%s is none', (text) => {
    expect(addressBytes(text)).toBeUndefined();
  });
});
