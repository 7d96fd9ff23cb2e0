import { isIPv6 } from 'node:net';
import { requestContext } from '@assay/platform/telemetry';

/** The network that the request at hand comes from, as attempts to sign in are counted by. */
export function callerNetwork(): string {
  return networkOf(requestContext.getStore()?.sourceAddress ?? 'local');
}

/** An IPv4 address itself; of an IPv6 address its first 64 bits, because whoever holds one holds all of them (RFC 6177). */
export function networkOf(address: string): string {
  const [bare = address] = address.split('%');
  if (!isIPv6(bare)) return address;
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  // An IPv4 address at the end stands for two groups, which are beyond the first four in any case.
  const [head = '', tail = ''] = bare.replace(/\d+(?:\.\d+){3}$/, '0:0').split('::');
  const [before, after] = [head, tail].map((part) => part.split(':').filter(Boolean));
  const left = before ?? [];
  const right = after ?? [];
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
