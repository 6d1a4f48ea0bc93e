import type { FetchErrorCode } from '@sluice/shared';
import { FetchError } from './fetch-error.ts';

interface Rule {
  failure: FetchErrorCode;
  message: string;
  /** Codes as Node, OpenSSL, zlib and undici give them. */
  codes: RegExp;
  /** It may be over in a moment: another attempt may end differently. Default false. */
  transient?: boolean;
}

/** The first rule that knows the code of an error decides. */
const rules: readonly Rule[] = [
  {
    failure: 'SHORTAGE',
    message: 'this machine has no file descriptors, ports or memory left for a connection',
    codes: /^(EMFILE|ENFILE|ENOBUFS|ENOMEM|EADDRNOTAVAIL|EADDRINUSE|EAI_MEMORY)$/,
    transient: true,
  },
  {
    failure: 'DNS',
    message: 'the name server has no answer now',
    codes: /^(ESERVFAIL|EAI_AGAIN|ETIMEOUT)$/,
    transient: true,
  },
  { failure: 'DNS', message: 'the name does not resolve', codes: /^(ENOTFOUND|ENODATA|EAI_\w+|EBADNAME)$/ },
  { failure: 'REFUSED', message: 'the connection was refused', codes: /^ECONNREFUSED$/, transient: true },
  {
    failure: 'REFUSED',
    message: 'the host cannot be reached',
    codes: /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN)$/,
    transient: true,
  },
  {
    failure: 'REFUSED',
    message: 'the host cannot be reached',
    codes: /^(EACCES|EPERM|EINVAL)$/,
  },
  {
    failure: 'TIMEOUT',
    message: 'no connection in time',
    codes: /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/,
    transient: true,
  },
  {
    failure: 'TIMEOUT',
    message: 'the server fell silent',
    codes: /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/,
    transient: true,
  },
  {
    failure: 'RESET',
    message: 'the connection was cut',
    transient: true,
    codes: /^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/,
  },
  { failure: 'TOO_LARGE', message: 'the headers are too large', codes: /^UND_ERR_HEADERS_OVERFLOW$/ },
  {
    failure: 'TLS',
    message: 'no trusted TLS connection',
    codes:
      // Node makes codes of OpenSSL's words, some of which have a slash: ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE.
      /^(EPROTO|ERR_(TLS|SSL|OSSL)_.+|CERT_\w+|CRL_\w+|UNABLE_TO_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|ERROR_IN_(CERT|CRL)_\w+|UNSPECIFIED|UND_ERR_PRX_TLS)$/,
  },
  {
    failure: 'HTTP',
    message: 'the proxy does not connect',
    codes: /^(UND_ERR_PRX_CONN|UND_ERR_SOCKS5\w*|UND_ERR_ABORTED)$/,
  },
  {
    failure: 'HTTP',
    message: 'the body does not match its content encoding',
    codes: /^(Z_\w+|ERR__ERROR_\w+|ERR_BROTLI\w*|ERR_PADDING_\w+|ZSTD_\w+|ERR_ZSTD\w*)$/,
  },
];

/** Codes whose name says what to repair; the others only repeat the message. */
const TELLING = /^(TLS|HTTP|DNS|SHORTAGE)$/;

/**
 * What an error of the connection, of TLS, of HTTP or of decompression means to a fetch.
 * Null for one that is not known to be the far end's doing: a full disk or a bug of ours is not a result.
 *
 * The messages are ours: what the far end wrote is not repeated.
 */
export function classifyError(error: unknown): FetchError | null {
  for (const link of causesOf(error)) {
    if (link instanceof FetchError) return link;
    const failure = classifyCode(link);
    if (failure) return failure;
  }
  return null;
}

function classifyCode(error: Error & { code?: unknown; address?: unknown }): FetchError | null {
  const { address } = error;
  // A machine without IPv6 has no address of its own for a connection to it.
  const hasNoIpv6 = error.code === 'EADDRNOTAVAIL' && typeof address === 'string' && address.includes(':');
  const code = hasNoIpv6 ? 'ENETUNREACH' : error.code;
  // Of the parser's errors not all have a code.
  if (error.name === 'HTTPParserError') return new FetchError('HTTP', 'the answer is not HTTP', { cause: error });
  if (typeof code !== 'string') return null;
  // undici gives one code to a socket that died and to an answer that HTTP does not allow.
  if (code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)$/.test(error.message)) {
    return new FetchError('HTTP', 'the answer is not one to this request', { cause: error });
  }
  const tunnel = /^Proxy response \((\d{3})\)/.exec(error.message)?.[1];
  // The proxy could not reach the host; a 4xx is its refusal.
  if (tunnel !== undefined) {
    const message = `the proxy does not connect (status ${tunnel})`;
    return new FetchError('HTTP', message, { cause: error, worthRetrying: Number(tunnel) >= 500 });
  }
  const rule = rules.find(({ codes }) => codes.test(code));
  if (!rule) return null;
  const message = TELLING.test(rule.failure) ? `${rule.message} (${code})` : rule.message;
  const overload = rule.failure === 'SHORTAGE';
  return new FetchError(rule.failure, message, { cause: error, worthRetrying: rule.transient ?? false, overload });
}

/** The error itself, the ones it was made of (several addresses, each refused), and what caused them. */
function* causesOf(error: unknown): Generator<Error> {
  let link: unknown = error;
  for (let depth = 0; depth < 5 && link instanceof Error; depth += 1) {
    yield link;
    if (link instanceof AggregateError) yield* link.errors.filter((each) => each instanceof Error);
    link = link.cause;
  }
}
