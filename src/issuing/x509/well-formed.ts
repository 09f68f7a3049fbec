// Whether what nobody here reads is at least written as DER has it. Others read it, and readers that disagree about one element
// may disagree about all that follow it.
import { bitStringOf, booleanOf, childrenOf, DerError, derTags, integerOf, isNull, oidOf } from './der.ts';
import type { DerElement } from './der.ts';

// What the octets of a text are is left to whoever shows it. No attribute that is known has a time or a number with a point.
const ofAnyOctets: ReadonlySet<number> = new Set([
  derTags.octetString,
  derTags.utf8String,
  derTags.numericString,
  derTags.printableString,
  derTags.teletexString,
  derTags.ia5String,
]);

/** Throws DerError unless the element and all inside have the form of their types, as far as these are universal; `what` names it. */
export function checkWellFormed(element: DerElement, what: string): void {
  const { tag } = element;
  const isUniversal = tag < 0x40;
  const isConstructed = (tag & 0x20) !== 0;
  if (isConstructed && isUniversal && tag !== derTags.sequence && tag !== derTags.set)
    throw new DerError(`${what} has an element in several parts`);
  if (isConstructed) for (const child of childrenOf(element)) checkWellFormed(child, what);
  else if (isUniversal) checkPrimitive(element, what);
}

function checkPrimitive(element: DerElement, what: string): void {
  switch (element.tag) {
    case derTags.boolean:
      booleanOf(element, what);
      return;
    case derTags.integer:
      integerOf(element, what);
      return;
    case derTags.bitString:
      bitStringOf(element, what);
      return;
    case derTags.oid:
      oidOf(element, what);
      return;
    case derTags.null:
      if (!isNull(element)) throw new DerError(`${what} has a NULL that is none`);
      return;
    case derTags.bmpString:
      if (element.length % 2 !== 0) throw new DerError(`${what} has half a character`);
      return;
    default:
      if (!ofAnyOctets.has(element.tag))
        throw new DerError(`${what} has an element of a type that does not belong there`);
  }
}
