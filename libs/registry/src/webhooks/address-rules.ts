import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Addresses that no webhook reaches: everything that IANA's special-purpose registries (RFC 6890, RFC 8190) don't call globally reachable, so
 * this machine, private networks, link-local ones with the clouds' metadata services, carrier-grade NAT, multicast and documentation.
 */
const forbidden = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  forbidden.addSubnet(network, bits, 'ipv4');

/** The only IPv6 space that is given out to the public; what else there is, mapped and translated IPv4 included, lies outside of it. */
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');
for (const [network, bits] of [
  ['2001::', 23], // protocol assignments: Teredo, benchmarking, ORCHID
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: an IPv4 address inside
  ['3fff::', 20], // documentation
] as const)
  forbidden.addSubnet(network, bits, 'ipv6');

/** Whether an address is one of the public internet. Anything that is no plain address isn't. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  if (isIPv6(address)) return global.check(address, 'ipv6') && !forbidden.check(address, 'ipv6');
  return !forbidden.check(address, 'ipv4');
}
