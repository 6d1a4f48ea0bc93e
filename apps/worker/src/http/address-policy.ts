import ipaddr from 'ipaddr.js';

/** Says why an address may not be connected to; null when it may. */
export type AddressPolicy = (address: string) => string | null;

/** Every address may be connected to. For trusted input only. */
export const anyAddress: AddressPolicy = () => null;

/**
 * Only public unicast addresses may be connected to; whatever is not known to be one is refused.
 *
 * Addresses that carry an IPv4 address inside (mapped, compatible, 6to4, Teredo, NAT64) are refused whatever they
 * carry: where they lead is up to the network, not to the number. A NAT64 under a network's own prefix looks like
 * any public address; a network that has one must keep its private side out of reach itself.
 */
export const publicAddressesOnly: AddressPolicy = (address) => {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== 'unicast') return range;
  if (parsed instanceof ipaddr.IPv6) return parsed.match(GLOBAL_UNICAST) ? null : 'reserved';
  return ASSIGNED_TO_PLATFORMS.has(parsed.toString()) ? 'platform' : null;
};

/** IANA has assigned global unicast addresses from this block alone (RFC 4291 §2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Public by number, but answered by the cloud platform that the worker runs on: Azure's host agent. */
const ASSIGNED_TO_PLATFORMS = new Set(['168.63.129.16']);

/** `localhost` and what is below it (RFC 6761), with or without the final dot. */
export function isLocalName(hostname: string): boolean {
  return /(^|\.)localhost\.?$/i.test(hostname);
}
