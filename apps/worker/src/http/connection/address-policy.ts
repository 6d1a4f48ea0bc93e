import ipaddr from 'ipaddr.js';

/** Says why an address may not be connected to; null when it may. */
export type AddressPolicy = (address: string) => string | null;

/** Every address may be connected to. For trusted input only. */
export const anyAddress: AddressPolicy = () => null;

/**
 * Only public unicast addresses may be connected to; whatever is not known to be one is refused.
 *
 * IPv4-mapped addresses, and those of NAT64's well-known prefix, which DNS64 makes of public names where there is IPv6
 * alone, are judged by the IPv4 address inside. Other addresses that carry one (compatible, 6to4, Teredo, the prefix for
 * local NAT64) are refused whatever they carry: where they lead is up to the network, not to the number. A NAT64 under
 * a network's own prefix looks like any public address; a network that has one must keep its private side out of reach
 * itself.
 */
export const publicAddressesOnly: AddressPolicy = (address) => {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = parse(address);
  const range = parsed.range();
  if (range !== 'unicast') return range;
  if (parsed instanceof ipaddr.IPv6) return parsed.match(GLOBAL_UNICAST) ? null : 'reserved';
  return ASSIGNED_TO_PLATFORMS.has(parsed.toString()) ? 'platform' : null;
};

/** The address, or the IPv4 address that it stands for. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) return parsed;
  // The parser takes ::1.2.3.4, which is no mapped address, for one.
  const isMapped = parsed.isIPv4MappedAddress() && /ffff/i.test(address);
  return isMapped || parsed.match(NAT64) ? new ipaddr.IPv4(parsed.toByteArray().slice(12)) : parsed;
}

/** NAT64's well-known prefix (RFC 6052 §2.1). */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** IANA has assigned global unicast addresses from this block alone (RFC 4291 §2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Public by number, but answered by the cloud platform that the worker runs on: Azure's host agent. */
const ASSIGNED_TO_PLATFORMS = new Set(['168.63.129.16']);

/** `localhost` and what is below it (RFC 6761), with or without the final dot. */
export function isLocalName(hostname: string): boolean {
  return /(^|\.)localhost\.?$/i.test(hostname);
}
