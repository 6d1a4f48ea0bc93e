import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { isLocalName, type AddressPolicy } from './address-policy.ts';
import { connectTls } from './connect-tls.ts';
import { FetchError } from './fetch-error.ts';

export interface GuardedConnectorOptions {
  policy: AddressPolicy;
  /** How long resolving, connecting and the TLS handshake may take together. */
  connectTimeoutMs: number;
  /** How names become addresses. Default: the system's resolver. */
  lookup?: LookupFunction;
  /** Certificate authorities to trust instead of the well-known ones. */
  ca?: SecureContextOptions['ca'];
}

/**
 * Opens connections for the pool, to addresses that the policy allows.
 *
 * A name is resolved once, and the socket gets the checked addresses, so that a second answer of the name server
 * (DNS rebinding) is never asked for. The peer's address is the final word, before anything is sent.
 */
export function createGuardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  const { policy, connectTimeoutMs, lookup = systemLookup, ca } = options;
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    lookup: checkedLookup(lookup, policy),
    allowH2: false,
    ...(ca === undefined ? {} : { ca }),
  });
  const connectTcp: buildConnector.connector = (target, callback) => {
    const refusal = refusalOfHost(target.hostname, policy);
    if (refusal) return callback(refusal, null);
    connect(target, (...outcome) => {
      const [error, socket] = outcome;
      if (error) return callback(error, null);
      const reached = socket.remoteAddress ? policy(socket.remoteAddress) : 'unknown';
      if (reached === null) return callback(null, socket);
      socket.destroy();
      callback(blocked(target.hostname, reached), null);
    });
  };
  return (target, callback) => {
    if (target.protocol !== 'https:') return connectTcp(target, callback);
    connectTls(target, callback, { connectTcp, connect, connectTimeoutMs });
  };
}

/** The refusal of a host that needs no resolving: a literal address, or a name that is local by definition. */
export function refusalOfHost(hostname: string, policy: AddressPolicy): FetchError | null {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const why = isIP(bare) ? policy(bare) : isLocalName(bare) ? policy('127.0.0.1') : null;
  return why === null ? null : blocked(hostname, why);
}

/** Resolves all addresses of a name, and fails when the policy refuses any of them. */
function checkedLookup(lookup: LookupFunction, policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer, answerFamily) => {
      if (error) return callback(error, '', 0);
      const addresses =
        typeof answer === 'string' ? [{ address: answer, family: answerFamily ?? isIP(answer) }] : answer;
      const why = addresses.map(({ address }) => policy(address)).find((refusal) => refusal !== null);
      if (why !== undefined) return callback(blocked(hostname, why), '', 0);
      const [first] = addresses;
      if (!first) return callback(new FetchError('DNS', `${hostname} has no address`), '', 0);
      if (options.all) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

/** Names the kind of address and not the address: results may be read by whoever sent the URL. */
function blocked(hostname: string, why: string): FetchError {
  return new FetchError('BLOCKED_ADDRESS', `${hostname} is not at a public address (${why})`);
}
