// What is plain ASCII in names.

const printable = /^[ -~]*$/;

/** Whether the text has nothing but the visible characters of ASCII and blanks. */
export function isPrintableAscii(text: string): boolean {
  return printable.test(text);
}

const ascii = /^\p{ASCII}*$/u;

/** Whether the text has nothing but ASCII, control characters among it. */
export function isAscii(text: string): boolean {
  return ascii.test(text);
}
