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

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

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
  return host === 'localhost' || isIn(loopback, host);
}

function entryOf(part: string): Entry {
  if (part === '*') return () => true;
  const network = networkOf(part);
  if (network !== undefined) return ({ host }) => isIn(network, host);
  const { host: wanted, port: wantedPort } = split(part.toLowerCase());
  if (wanted === '') return () => false;
  const isWantedPort = (port: number): boolean => wantedPort === undefined || wantedPort === String(port);
  if (isIP(wanted) !== 0) {
    const address = listOf(wanted, isIPv4(wanted) ? 32 : 128);
    return ({ host, port }) => isIn(address, host) && isWantedPort(port);
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

function networkOf(part: string): BlockList | undefined {
  const [, address = '', digits] = /^([0-9A-Fa-f:.]{2,45})\/(\d{1,3})$/.exec(part) ?? [];
  if (isIP(address) === 0) return undefined;
  const bits = Number(digits);
  return bits <= (isIPv4(address) ? 32 : 128) ? listOf(address, bits) : undefined;
}

function listOf(address: string, bits: number): BlockList {
  const list = new BlockList();
  list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6');
  return list;
}

function isIn(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}
