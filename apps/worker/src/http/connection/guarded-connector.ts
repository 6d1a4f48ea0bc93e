import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { callbackify } from 'node:util';
import { buildConnector, errors } from 'undici';
import { type AddressPolicy, isLocalName } from './address-policy.ts';
import { connectFirst } from './connect-first.ts';
import { NameResolver } from './name-resolver.ts';
import { FetchError } from '../errors/fetch-error.ts';
import { untilAborted } from './until-aborted.ts';
import type { Duplex } from 'node:stream';
import { TlsStream } from '../response/tls-stream.ts';

export interface GuardedConnectorOptions {
  policy: AddressPolicy;
  /** How long a name may take to become addresses. */
  lookupTimeoutMs: number;
  /** How long connecting and the TLS handshake may take together. */
  connectTimeoutMs: number;
  /** How names become addresses. Default: a {@link NameResolver}. */
  lookup?: LookupFunction;
  /** Certificate authorities to trust instead of the well-known ones. */
  ca?: SecureContextOptions['ca'];
}

/**
 * Opens connections for the pool, to addresses that the policy allows.
 *
 * A name is resolved once, and the sockets get the checked addresses, so that a second answer of the name server
 * (DNS rebinding) is never asked for. The peer's address is the final word, before anything is sent.
 */
export function createGuardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  const { connectTimeoutMs, ca } = options;
  const connectTcp = callbackify(guardedTcp(options));
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false, ...(ca === undefined ? {} : { ca }) });
  return (target, callback) => {
    connectTcp(target, (error, tcp) => {
      if (error) return callback(error, null);
      if (target.protocol !== 'https:') return callback(null, tcp.socket);
      connectTls(tcp.socket, target, callback, { connect, timeoutMs: tcp.leftMs });
    });
  };
}

/** Connects without TLS, and returns how much of the time is left. */
function guardedTcp(options: GuardedConnectorOptions) {
  const { policy, connectTimeoutMs: timeoutMs } = options;
  const addressesOf = allowedAddresses(options);
  return async ({ hostname, protocol, port, localAddress }: buildConnector.Options) => {
    const addresses = await addressesOf(hostname);
    const startedMs = performance.now();
    const socket = await connectFirst(addresses, {
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      timeoutMs,
      ...(localAddress ? { localAddress } : {}),
    });
    const why = socket.remoteAddress ? policy(socket.remoteAddress) : 'unknown';
    if (why === null) return { socket, leftMs: Math.max(0, timeoutMs - (performance.now() - startedMs)) };
    socket.destroy();
    throw blocked(hostname, why);
  };
}

/** The refusal of a host that needs no resolving: a literal address, or a name that is local by definition. */
export function refusalOfHost(hostname: string, policy: AddressPolicy): FetchError | null {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const why = isIP(bare) ? policy(bare) : isLocalName(bare) ? policy('127.0.0.1') : null;
  return why === null ? null : blocked(hostname, why);
}

/** Resolves all addresses of a host, and fails when the policy refuses any of them. */
function allowedAddresses(options: GuardedConnectorOptions): (hostname: string) => Promise<readonly LookupAddress[]> {
  const { policy, lookup, lookupTimeoutMs } = options;
  const names = lookup ? { addressesOf: asking(lookup) } : new NameResolver();
  return async (hostname) => {
    const refusal = refusalOfHost(hostname, policy);
    if (refusal) throw refusal;
    const family = isIP(hostname);
    if (family !== 0) return [{ address: hostname, family }];
    const timeout = AbortSignal.timeout(lookupTimeoutMs);
    const addresses = await untilAborted(names.addressesOf(hostname, timeout), timeout).catch((error: unknown) => {
      throw error === timeout.reason ? lookupTimeout(error) : error;
    });
    const why = addresses.map(({ address }) => policy(address)).find((each) => each !== null);
    if (why !== undefined) throw blocked(hostname, why);
    if (addresses.length === 0) throw new FetchError('DNS', `${hostname} has no address`);
    return addresses;
  };
}

function asking(lookup: LookupFunction): (hostname: string) => Promise<readonly LookupAddress[]> {
  return (hostname) =>
    new Promise((resolve, reject) => {
      lookup(hostname, { all: true }, (error, answer, family) => {
        if (error) reject(error);
        else resolve(typeof answer === 'string' ? [{ address: answer, family: family ?? isIP(answer) }] : answer);
      });
    });
}

/** The code is that of name servers that are silent. */
function lookupTimeout(cause: unknown): Error {
  return Object.assign(new Error('no address in time', { cause }), { code: 'ETIMEOUT' });
}

/** Names the kind of address and not the address: the sender of the URL may read the results. */
function blocked(hostname: string, why: string): FetchError {
  return new FetchError('BLOCKED_ADDRESS', `${hostname} is not at a public address (${why})`);
}

interface ConnectTlsOptions {
  /** Puts TLS on top of the `httpSocket` that it gets. */
  connect: buildConnector.connector;
  timeoutMs: number;
}

/** Puts TLS on top of a connection, over a stream that shows how the connection ends. */
function connectTls(
  socket: Socket,
  target: buildConnector.Options,
  callback: buildConnector.Callback,
  { connect, timeoutMs }: ConnectTlsOptions,
): void {
  const stream = new TlsStream(socket);
  const timer = setTimeout(() => stream.destroy(new errors.ConnectTimeoutError()), timeoutMs);
  connect({ ...target, httpSocket: stream as Duplex as Socket }, (...secured) => {
    clearTimeout(timer);
    if (secured[1]) stream.isReadBy(secured[1]);
    else stream.destroy();
    callback(...secured);
  });
}
