import { Agent, EnvHttpProxyAgent, Pool, type Dispatcher } from 'undici';
import { classifyError } from './errors/classify-error.ts';
import { createGuardedConnector, refusalOfHost, type GuardedConnectorOptions } from './connection/guarded-connector.ts';
import { createTunnelClient, throughTunnels } from './connection/proxy-tunnels.ts';
import { failedOnReusedConnection } from './connection/reused-connections.ts';
import { tolerantConnector } from './response/tolerant-connector.ts';
import { untilAborted } from './connection/until-aborted.ts';

export const httpPoolDefaults = {
  /** From a name to addresses. */
  lookupTimeoutMs: 10_000,
  /** Connecting and the TLS handshake together. */
  connectTimeoutMs: 10_000,
  /** An idle connection is closed after this, unless the server names a time of its own. */
  keepAliveMs: 4_000,
  /** The longest that a server may ask us to keep an idle connection. */
  keepAliveMaxMs: 60_000,
  /** The most bytes of headers in one answer. */
  headersMaxBytes: 32 * 1024,
  /** The longest wait for headers, and between two parts of a body: only a net below the attempt's own deadline. */
  silenceMaxMs: 600_000,
} as const;

export interface HttpPoolOptions extends Pick<GuardedConnectorOptions, 'policy' | 'lookup' | 'ca'> {
  /** Sent with every request. */
  userAgent: string;
  /** Default {@link httpPoolDefaults}. */
  lookupTimeoutMs?: number;
  /** Default {@link httpPoolDefaults}. */
  connectTimeoutMs?: number;
  /**
   * Go through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. A proxy resolves names itself, so the
   * policy sees only literal addresses then, and what NO_PROXY exempts. Default false: those variables are ignored.
   */
  useProxy?: boolean;
}

/** One request of ours. The pool adds its user agent. */
export interface HttpRequest {
  /** Without credentials. */
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly body?: string;
}

/** An answer whose headers are here and whose body is not read yet. */
export type HttpAnswer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/**
 * The HTTP connections of one process, kept alive between requests. HTTP/1.1.
 * A pool follows no redirects, and retries nothing but what was lost with an idle connection.
 */
export class HttpPool {
  readonly #options: HttpPoolOptions;
  readonly #dispatcher: Dispatcher;
  /** Opens a connection for each request. */
  readonly #unpooled: Dispatcher;

  constructor(options: HttpPoolOptions) {
    this.#options = options;
    this.#dispatcher = createDispatcher(options, { keepAlive: true });
    this.#unpooled = createDispatcher(options, { keepAlive: false });
  }

  /**
   * Sends one request.
   *
   * @throws FetchError `BLOCKED_ADDRESS`; the signal's reason; whatever the connection fails with
   */
  async send({ url, method, headers, body }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    // A proxy would connect for us, so what can be decided without resolving is refused here already.
    const refusal = refusalOfHost(url.hostname, this.#options.policy);
    if (refusal) throw refusal;
    const request = {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { ...headers, 'user-agent': this.#options.userAgent },
      ...(body === undefined ? {} : { body }),
      signal,
    };
    return untilAborted(this.#dispatch(request), signal);
  }

  /** A connection that its server closed while it was idle costs a moment, and no attempt: the request goes out again at once. */
  async #dispatch(request: Dispatcher.RequestOptions): Promise<HttpAnswer> {
    try {
      return await this.#dispatcher.request(request);
    } catch (error) {
      if (!failedOnReusedConnection(error) || classifyError(error)?.failure !== 'RESET') throw error;
      return this.#unpooled.request(request);
    }
  }

  /** Closes all connections at once, those in use included. */
  async close(): Promise<void> {
    await Promise.all([this.#dispatcher.destroy(), this.#unpooled.destroy()]);
  }
}

function createDispatcher(options: HttpPoolOptions, { keepAlive }: { keepAlive: boolean }): Dispatcher {
  const { lookupTimeoutMs, connectTimeoutMs } = { ...httpPoolDefaults, ...options };
  const settings = {
    connect: createGuardedConnector({ ...options, lookupTimeoutMs, connectTimeoutMs }),
    connectTimeout: connectTimeoutMs,
    allowH2: false,
    // undici's way to say that no connection is used again.
    pipelining: keepAlive ? 1 : 0,
    keepAliveTimeout: httpPoolDefaults.keepAliveMs,
    keepAliveMaxTimeout: httpPoolDefaults.keepAliveMaxMs,
    maxHeaderSize: httpPoolDefaults.headersMaxBytes,
    headersTimeout: httpPoolDefaults.silenceMaxMs,
    bodyTimeout: httpPoolDefaults.silenceMaxMs,
    factory: createTolerantPool,
  };
  if (!options.useProxy) return new Agent(settings);
  const { ca } = options;
  const requestTls = ca === undefined ? {} : { requestTls: { ca } };
  return new EnvHttpProxyAgent({ ...settings, ...requestTls, clientFactory: createTunnelClient });
}

/** Also behind a proxy, where the client makes the connector itself. */
function createTolerantPool(origin: string | URL, options: Pool.Options): Dispatcher {
  const { connect } = options;
  if (typeof connect !== 'function') return new Pool(origin, options);
  return new Pool(origin, {
    ...options,
    connect: tolerantConnector(throughTunnels(connect), httpPoolDefaults.headersMaxBytes),
  });
}
