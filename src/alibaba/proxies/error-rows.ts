// The rows of the error table about the proxy on the way: each failure names the setting that is behind it.
import type { ProxyFault } from './failure.ts';

interface Row {
  readonly source: 'Transport';
  readonly patterns: readonly string[];
  readonly class: 'Transient';
  readonly mayHaveIssued: false;
  readonly meaning: string;
  readonly advice: string;
}

/** What a proxy does to a call, none of which has reached its endpoint. */
export const proxyRows: readonly Row[] = [
  row(
    'ProxyUnreachable',
    'the proxy could not be reached',
    'Check HTTPS_PROXY of the operator (Helm: proxy.url) and the network policies.',
  ),
  row(
    'ProxyNotTrusted',
    'no trusted TLS connection to the proxy could be made',
    'Check the scheme in HTTPS_PROXY and, for a private CA, --proxy-ca-bundle (Helm: proxy.url, proxy.caBundle).',
  ),
  row(
    'ProxyAuthenticationRequired',
    'the proxy wants another user or password',
    'Correct them in HTTPS_PROXY of the operator (Helm: proxy.urlSecret).',
  ),
  row(
    'ProxyRefused',
    'the proxy did not let the connection through',
    'Have it allow CONNECT to this host, or name the host in NO_PROXY of the operator (Helm: proxy.noProxy).',
  ),
];

function row(code: ProxyFault, meaning: string, advice: string): Row {
  return { source: 'Transport', patterns: [code], class: 'Transient', mayHaveIssued: false, meaning, advice };
}
