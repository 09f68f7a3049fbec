// Which addresses calls connect to, whatever name led there: DNS is the word of whoever owns the name. What is checked is the
// address that is connected to; no name is resolved a second time.
import type { LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { LookupFunction } from 'node:net';
import { NameLookups } from './name-lookups.ts';
import { isLoopback } from './proxies/no-proxy.ts';

/** The networks of a list, or what is wrong with it. */
export type ParsedNetworks =
  | { readonly kind: 'ok'; readonly networks: readonly string[] }
  | { readonly kind: 'invalid'; readonly message: string };

/** No connection is made: the address is none that an issuer may use. */
export class AddressRefused extends Error {
  /** The row of the error table. */
  readonly code = 'AddressRefused';

  constructor(hostname: string) {
    super(`"${hostname}" leads to an address that is refused`);
  }
}

/** No connection is made: what would be sent could be read on the way. */
export class PlainHttpRefused extends Error {
  /** The row of the error table. */
  readonly code = 'PlainHTTPRefused';

  constructor(hostname: string) {
    super(`"${hostname}" leads beyond this machine, without TLS`);
  }
}

/** What may be connected to with one protocol. */
export interface ProtocolRules {
  /** Why calls may not connect to an IP address. */
  readonly refusal: (address: string) => Error | undefined;
  /** Why calls to a host may not go through a proxy, which connects to wherever it likes. */
  readonly refusalOfProxy: (hostname: string) => Error | undefined;
  /** Resolves as `node:net` wants it, to those addresses alone that are allowed; the refusal where none is. */
  readonly lookup: LookupFunction;
}

// This host, loopback, link-local with the metadata services of most clouds, multicast, reserved and broadcast; Alibaba
// Cloud's metadata service and that of AWS over IPv6.
const alwaysRefused = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200/32',
  '::/127',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::254/128',
];
// IPv4 addresses also travel in these (RFC 6052, RFC 4291); those in ::ffff:0:0/96 the list knows itself.
const embeddings = ['64:ff9b::', '::'];
const embeddedBits = 96;

/** What may be connected to. */
export class AddressRules {
  readonly #refused: BlockList;
  readonly #allowed: BlockList;
  readonly #names: Pick<NameLookups, 'all'>;
  readonly #byProtocol: Readonly<Record<'HTTP' | 'HTTPS', ProtocolRules>>;

  /**
   * `refused`: networks or addresses in addition to those that always are; `allowed`: addresses all the same; `plainHttp`: where
   * calls may go without TLS.
   */
  constructor({
    refused,
    allowed,
    plainHttp = 'Loopback',
    names = new NameLookups(),
  }: {
    readonly refused: readonly string[];
    readonly allowed: readonly string[];
    readonly plainHttp?: 'Loopback' | 'Anywhere';
    readonly names?: Pick<NameLookups, 'all'>;
  }) {
    this.#names = names;
    const ofProtocol = (isPlainRefused: boolean): ProtocolRules => {
      const refusal = this.#refusal.bind(this, isPlainRefused);
      return {
        refusal: (address) => refusal(address, address),
        refusalOfProxy: (hostname) => (isPlainRefused ? new PlainHttpRefused(hostname) : undefined),
        lookup: this.#lookup(refusal),
      };
    };
    this.#byProtocol = { HTTP: ofProtocol(plainHttp === 'Loopback'), HTTPS: ofProtocol(false) };
    this.#refused = listOf([...alwaysRefused, ...refused]);
    this.#allowed = listOf(allowed);
  }

  /** Whether calls may connect to an IP address. */
  allows(address: string): boolean {
    const [plain = ''] = address.split('%');
    if (isIP(plain) === 0) return false;
    const family = isIPv4(plain) ? 'ipv4' : 'ipv6';
    return this.#allowed.check(plain, family) || !this.#refused.check(plain, family);
  }

  /** The rules for calls with a protocol. */
  for(protocol: 'HTTP' | 'HTTPS'): ProtocolRules {
    return this.#byProtocol[protocol];
  }

  #refusal(isPlainRefused: boolean, address: string, hostname: string): Error | undefined {
    if (!this.allows(address)) return new AddressRefused(hostname);
    return isPlainRefused && !isLoopback(address) ? new PlainHttpRefused(hostname) : undefined;
  }

  #lookup(refusal: (address: string, hostname: string) => Error | undefined): LookupFunction {
    return (hostname, options, callback) => {
      const take = (found: readonly LookupAddress[]): void => {
        const refusals = found.map(({ address }) => refusal(address, hostname));
        const allowed = found.filter((_, index) => refusals[index] === undefined);
        const [first] = allowed;
        if (first === undefined) return callback(mildest(refusals) ?? new AddressRefused(hostname), []);
        return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
      };
      const fail = (error: NodeJS.ErrnoException): void => callback(error, []);
      this.#names.all(hostname, options).then(take, fail);
    };
  }
}

/** The one that is told: what TLS would mend comes first. */
function mildest(refusals: readonly (Error | undefined)[]): Error | undefined {
  return refusals.find((refusal) => refusal instanceof PlainHttpRefused) ?? refusals[0];
}

/** Reads `10.96.0.0/12,fd00:10:96::/112`; an address alone is a network of one. */
export function parseNetworks(text: string): ParsedNetworks {
  const networks = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  const wrong = networks.find((network) => partsOf(network) === undefined);
  if (wrong === undefined) return { kind: 'ok', networks };
  return { kind: 'invalid', message: `"${wrong}" is no network: write it like 10.96.0.0/12 or fd00:10:96::/112.` };
}

function partsOf(network: string): { readonly address: string; readonly bits: number } | undefined {
  const [, address = '', digits] = /^([0-9A-Fa-f:.]{2,45})(?:\/(\d{1,3}))?$/.exec(network) ?? [];
  if (isIP(address) === 0) return undefined;
  const most = isIPv4(address) ? 32 : 128;
  const bits = digits === undefined ? most : Number(digits);
  return bits <= most ? { address, bits } : undefined;
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const parts = partsOf(network);
    if (parts === undefined) throw new RangeError(`"${network}" is no network`);
    const { address, bits } = parts;
    list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6');
    if (!isIPv4(address)) continue;
    for (const prefix of embeddings) list.addSubnet(`${prefix}${address}`, embeddedBits + bits, 'ipv6');
  }
  return list;
}
