import { lookup as systemLookup, Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isPublicAddress } from './address-rules.js';
import { hostOf, type TargetRules } from './webhook-target.js';

export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>;

/** An address that the rules forbid: trying again doesn't help, the name must mean something else first. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

export interface GuardedConnectionOptions extends TargetRules {
  /** How names become addresses, where not in the usual way. */
  readonly resolve?: Resolve;
  /** Certificates trusted beside the system's own. */
  readonly ca?: string;
}

const resolveBySystem: Resolve = (host) => systemLookup(host, { all: true, verbatim: true });

/**
 * Public names are asked for over sockets: the system's own resolver holds one of the few threads that files are read by as well, for as long
 * as a name server leaves it without an answer.
 */
const resolvePublic: Resolve = async (host) => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (found.length === 0 && four.status === 'rejected') throw four.reason;
  return found;
};

/**
 * The addresses of a host, all of them allowed.
 * @throws {ForbiddenAddressError} if one isn't: a name that means a private address beside a public one is a trap.
 */
export async function allowedAddresses(
  host: string,
  { allowPrivate, resolve = allowPrivate ? resolveBySystem : resolvePublic }: GuardedConnectionOptions,
): Promise<readonly { address: string; family: number }[]> {
  const literal = isIP(host);
  const addresses = literal === 0 ? await resolve(host) : [{ address: host, family: literal }];
  if (addresses.length === 0) throw new Error(`${host} has no address`);
  for (const { address } of addresses) if (!allowPrivate) requirePublic(address);
  return addresses;
}

/**
 * Connects to a URL's host and hands the socket over only once the address at its other end was checked: not a byte goes out before, and no name
 * is looked up again after, so a name that changes its meaning in between gains nothing. The TLS certificate is checked against the name.
 */
export async function connectGuarded(
  url: URL,
  options: GuardedConnectionOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const host = hostOf(url);
  const secure = url.protocol === 'https:';
  const addresses = await unlessAborted(allowedAddresses(host, options), signal);
  const lookup: LookupFunction = (_, { all }, done) => {
    const [first] = addresses;
    if (all === true) done(null, [...addresses]);
    else if (first) done(null, first.address, first.family);
  };
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const socket = connect({ host, port, lookup, signal });
  try {
    await once(socket, 'connect', { signal });
    if (!options.allowPrivate) requirePublic(socket.remoteAddress ?? '');
    if (!secure) return socket;
    const secured = connectTls({
      socket,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : { host }),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    secured.once('error', () => socket.destroy());
    await once(secured, 'secureConnect', { signal });
    return secured;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function requirePublic(address: string): void {
  if (isPublicAddress(address)) return;
  throw new ForbiddenAddressError(`${address === '' ? 'an unknown address' : address} is not a public address`);
}

/** A resolver can't be told to stop; the caller need not wait for it. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined); // whoever waited was told already
  }
}
