// Which hosts issuers may name for PCA and STS (--issuer-hosts). Who writes an issuer chooses where the operator connects to,
// and whom it sends access key ids and tokens; the list is the administrator's word on that.
import { isIP } from 'node:net';

/** The hosts, or what is wrong with the list. */
export type ParsedIssuerHosts =
  { readonly kind: 'ok'; readonly hosts: IssuerHosts } | { readonly kind: 'invalid'; readonly message: string };

interface Entry {
  /** Labels of a name, of which `*` stands for any, or one IP address. */
  readonly labels: readonly string[];
  /** Digits, `*` for any; undefined: the standard ports. */
  readonly port: string | undefined;
}

const entryPattern = /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9*][A-Za-z0-9.*-]{0,252})(?::(\d{1,5}|\*))?$/;
const labelPattern = /^(?:\*|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)$/;
const hostPattern = /^(.+?)(?::(\d{1,5}))?$/;
const standardPorts: ReadonlySet<string> = new Set(['443', '80']);

/** The hosts that issuers may name. */
export class IssuerHosts {
  readonly #entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** Whether an issuer may name `host`, which may carry a port. */
  allows(host: string): boolean {
    const [, text = '', port] = hostPattern.exec(host) ?? [];
    const labels = labelsOf(text);
    return labels !== undefined && this.#entries.some((entry) => isFor(entry, labels, port));
  }

  /** The IP addresses that are named themselves; `localhost` names the two of loopback. */
  get addresses(): readonly string[] {
    return this.#entries.flatMap(({ labels: [first = '', ...rest] }) => {
      if (rest.length > 0) return [];
      if (first === 'localhost') return ['127.0.0.1', '::1'];
      return isIP(first) === 0 ? [] : [first];
    });
  }
}

/**
 * Reads `cas.*.aliyuncs.com,pca.example.com:8443`. `*` stands for one label, at the beginning for one or more. Without a port
 * the standard ones are meant (443 and 80), with `:*` any.
 */
export function parseIssuerHosts(text: string): ParsedIssuerHosts {
  const entries: Entry[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const [, name = '', port] = entryPattern.exec(part) ?? [];
    const labels = name.includes('*') ? name.toLowerCase().split('.') : labelsOf(name);
    const areLabels = labels?.every((label) => labelPattern.test(label) || isIP(label) !== 0) === true;
    if (labels === undefined || !areLabels || !isPort(port)) {
      const message = `"${part}" is no host: write a name such as pca.example.com:8443, or *.example.com for all below it.`;
      return { kind: 'invalid', message };
    }
    entries.push({ labels, port });
  }
  return { kind: 'ok', hosts: new IssuerHosts(entries) };
}

function isPort(text: string | undefined): boolean {
  if (text === undefined || text === '*') return true;
  return Number(text) >= 1 && Number(text) <= 65_535;
}

/** As the URL of a call will have it: 127.1 is an address, and names have no capitals. */
function labelsOf(name: string): readonly string[] | undefined {
  const hostname = URL.parse(`https://${name}`)?.hostname.replace(/^\[(.*)\]$/, '$1');
  if (hostname === undefined || hostname === '') return undefined;
  return isIP(hostname) === 0 ? hostname.split('.') : [hostname];
}

function isFor(
  { labels: [first = '', ...rest], port: wanted }: Entry,
  labels: readonly string[],
  port?: string,
): boolean {
  const isItsPort =
    wanted === undefined ? port === undefined || standardPorts.has(port) : wanted === '*' || wanted === port;
  if (!isItsPort) return false;
  if (first !== '*') return labels.length === rest.length + 1 && areAs([first, ...rest], labels);
  return labels.length > rest.length && areAs(rest, labels.slice(labels.length - rest.length));
}

function areAs(wanted: readonly string[], labels: readonly string[]): boolean {
  return wanted.every((label, index) => label === '*' || label === labels[index]);
}
