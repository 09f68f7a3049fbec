// Loaded into the operator's process before its own code: the first look at one duration throws.
const startsWith = Object.getOwnPropertyDescriptor(String.prototype, 'startsWith')?.value as (
  this: string,
  text: string,
  from?: number,
) => boolean;

// oxlint-disable-next-line no-extend-native -- the process of a test, whose operator is to have a defect
Object.defineProperty(String.prototype, 'startsWith', {
  value(this: string, text: string, from?: number): boolean {
    if (text === '-' && this === '7777h') throw new RangeError('the defect');
    return startsWith.call(this, text, from);
  },
  writable: true,
  configurable: true,
});
