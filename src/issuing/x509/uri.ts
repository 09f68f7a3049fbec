// URIs as alternative names: only those in which every reader sees the same parts and writes the same text again.

const longestUri = 8192;
const whole = /^[a-z][a-z0-9+.-]*:([^?#]+)(?:\?[^#]*)?(?:#.+)?$/;
// The characters of RFC 3986, and percent signs only where two hexadecimal digits follow.
const characters = /^(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/;
const authority = /^\/\/(?:[A-Za-z0-9._~-]+@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?(?:\/|$)/;
const brackets = /[[\]]/;

/**
 * Whether this is an absolute URI in plain form: a scheme in lower case; where it has an authority, a host of proper labels
 * or an IPv6 address, at most with a user and a port. Go, which approvers and cert-manager use, refuses many others or
 * writes them differently from what was asked for.
 */
export function isPlainUri(text: string): boolean {
  if (text.length > longestUri || !characters.test(text)) return false;
  const [, hierarchy] = whole.exec(text) ?? [];
  if (hierarchy === undefined || text.indexOf('#') !== text.lastIndexOf('#')) return false;
  // Without an authority, as in file:///path, a path follows at once.
  const hasAuthority = hierarchy.startsWith('//') && !hierarchy.startsWith('///');
  if (!hasAuthority) return !hierarchy.startsWith('////') && !brackets.test(text);
  const [, host = ''] = authority.exec(hierarchy) ?? [];
  return isHost(host) && !brackets.test(text.replace(host, ''));
}

function isHost(host: string): boolean {
  return host.startsWith('[') ? URL.canParse(`http://${host}/`) : host.split('.').every((label) => label !== '');
}
