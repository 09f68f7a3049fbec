// What a proxy did to a call.

/** Codes of the rows in error-rows.ts. */
export type ProxyFault = 'ProxyUnreachable' | 'ProxyNotTrusted' | 'ProxyAuthenticationRequired' | 'ProxyRefused';

/** The proxy did not lead to the endpoint: nothing was sent there. The message is a few words without secrets. */
export class ProxyFailure extends Error {
  /** The row of the error table. */
  readonly code: ProxyFault;

  constructor(code: ProxyFault, message: string) {
    super(message);
    this.code = code;
  }
}
