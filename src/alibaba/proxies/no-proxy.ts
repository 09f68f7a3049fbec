// What NO_PROXY takes past a proxy, as Go's golang.org/x/net/http/httpproxy reads it: by that library the kubelet, cert-manager
// and most other programs of a cluster read the same variable.
import { BlockList, isIP, isIPv4 } from 'node:net';

type Entry = (host: HostAndPort) => boolean;

/** A host of a URL, an IPv6 address without its brackets. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Tells whether a host is called directly. */
export type NoProxy = (place: HostAndPort) => boolean;

/** Tells whether an address is among some; a name is not. */
type Addresses = (host: string) => boolean;

const mappedBits = 96;
const loopback4 = network('127.0.0.0', 8);
const loopback6 = network('::1', 128);

/**
 * Reads a list of names (each with all below it), `.suffixes`, `*.suffixes`, addresses, networks such as 10.0.0.0/8, each but the
 * networks with a `:port` if wanted, or `*`. Networks are for hosts given as addresses: nothing is resolved. Loopback is always
 * called directly; what is none of these has no effect.
 */
export function parseNoProxy(text: string): NoProxy {
  const entries = text
    .split(/[,\s]+/)
    .filter((part) => part !== '')
    .map(entryOf);
  return ({ host, port }) => {
    const place = { host: host.toLowerCase(), port };
    return isLoopback(place.host) || entries.some((entry) => entry(place));
  };
}

/** Whether a host is this machine: an address of loopback, or the name `localhost`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || loopback4(host) || loopback6(host);
}

function entryOf(part: string): Entry {
  if (part === '*') return () => true;
  const addresses = networkOf(part);
  if (addresses !== undefined) return ({ host }) => addresses(host);
  const { host: wanted, port: wantedPort } = split(part.toLowerCase());
  if (wanted === '') return () => false;
  const isWantedPort = (port: number): boolean => wantedPort === undefined || wantedPort === String(port);
  if (isIP(wanted) !== 0) {
    const address = network(wanted, isIPv4(wanted) ? 32 : 128);
    return ({ host, port }) => address(host) && isWantedPort(port);
  }
  const below = wanted.startsWith('*.') ? wanted.slice(1) : wanted;
  const suffix = below.startsWith('.') ? below : `.${below}`;
  return ({ host, port }) => (host.endsWith(suffix) || host === below) && isWantedPort(port);
}

function split(part: string): { readonly host: string; readonly port: string | undefined } {
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(part) ?? [];
  if (port !== undefined) return { host: bracketed ?? plain, port };
  return { host: part, port: undefined };
}

function networkOf(part: string): Addresses | undefined {
  const [, address = '', digits] = /^([0-9A-Fa-f:.]{2,45})\/(\d{1,3})$/.exec(part) ?? [];
  if (isIP(address) === 0) return undefined;
  const bits = Number(digits);
  return bits <= (isIPv4(address) ? 32 : 128) ? network(address, bits) : undefined;
}

/** A network; an IPv6 address that stands for an IPv4 one is that one, and no IPv6 network has IPv4 addresses. */
function network(text: string, length: number): Addresses {
  const within = isIPv4(text) ? undefined : withinIPv6(text);
  const [address, bits] = within === undefined || length < mappedBits ? [text, length] : [within, length - mappedBits];
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, bits, family);
  return (host) => {
    if (isIP(host) === 0) return false;
    const plain = isIPv4(host) ? host : (withinIPv6(host) ?? host);
    return (isIPv4(plain) ? 'ipv4' : 'ipv6') === family && list.check(plain, family);
  };
}

/** The IPv4 address in one of IPv6 that stands for it (::ffff:0:0/96). */
function withinIPv6(address: string): string | undefined {
  const { hostname = '' } = URL.parse(`http://[${address}]`) ?? {};
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return [high, low].flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]).join('.');
}
