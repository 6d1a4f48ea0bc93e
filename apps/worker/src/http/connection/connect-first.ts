import type { LookupAddress } from 'node:dns';
import { connect as connectSocket, type Socket, type TcpNetConnectOpts } from 'node:net';
import { errors } from 'undici';

export interface ConnectFirstOptions {
  port: number;
  timeoutMs: number;
  localAddress?: string;
  /** Default: that of `node:net`. */
  connect?: (options: TcpNetConnectOpts) => Socket;
}

/** How much of a head start each address gets, at most (RFC 8305 §5). */
const HEAD_START_MS = 250;

/** Of more addresses only the first are tried. */
const ADDRESSES_MAX = 16;

/**
 * Connects to whichever address is first to answer (happy eyeballs, RFC 8305): each is tried a little after the one before
 * it, or at once when that fails, and none is given up before the time is over.
 *
 * @throws ConnectTimeoutError; the error of the only address; else an AggregateError, the most telling one first
 */
export function connectFirst(addresses: readonly LookupAddress[], options: ConnectFirstOptions): Promise<Socket> {
  return new Race(interleave(addresses), options).winner;
}

class Race {
  readonly #options: ConnectFirstOptions;
  readonly #outcome = Promise.withResolvers<Socket>();
  readonly #waiting: LookupAddress[];
  readonly #running = new Set<Socket>();
  readonly #failures: Error[] = [];
  readonly #headStartMs: number;
  readonly #timeout: NodeJS.Timeout;
  #headStart: NodeJS.Timeout | undefined;

  constructor(addresses: LookupAddress[], options: ConnectFirstOptions) {
    this.#waiting = addresses;
    this.#options = options;
    this.#headStartMs = Math.min(HEAD_START_MS, options.timeoutMs / Math.max(1, addresses.length));
    this.#timeout = setTimeout(() => this.#fail(new errors.ConnectTimeoutError()), options.timeoutMs);
    this.#startNext();
  }

  get winner(): Promise<Socket> {
    return this.#outcome.promise;
  }

  #startNext(): void {
    clearTimeout(this.#headStart);
    const next = this.#waiting.shift();
    if (!next) {
      if (this.#running.size === 0) this.#fail(failureOf(this.#failures));
      return;
    }
    if (this.#waiting.length > 0) this.#headStart = setTimeout(() => this.#startNext(), this.#headStartMs);
    this.#start(next);
  }

  #start({ address, family }: LookupAddress): void {
    const { port, localAddress, connect = connectSocket } = this.#options;
    const socket = connect({
      host: address,
      family,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    this.#running.add(socket);
    const fail = (error: Error): void => {
      // An error of a connection that lost the race does not matter.
      if (!this.#running.delete(socket)) return;
      this.#failures.push(error);
      this.#startNext();
    };
    socket.on('error', fail).once('connect', () => {
      socket.off('error', fail);
      this.#running.delete(socket);
      this.#end();
      this.#outcome.resolve(socket);
    });
  }

  #fail(error: Error): void {
    this.#end();
    this.#outcome.reject(error);
  }

  #end(): void {
    clearTimeout(this.#timeout);
    clearTimeout(this.#headStart);
    this.#waiting.length = 0;
    const losers = [...this.#running];
    this.#running.clear();
    for (const loser of losers) loser.destroy();
  }
}

/** IPv6 and IPv4 by turns, each in its order. */
function interleave(addresses: readonly LookupAddress[]): LookupAddress[] {
  const [v6, v4] = [6, 4].map((family) => addresses.filter((each) => each.family === family));
  const turns = addresses.map((_, turn) => [v6?.[turn], v4?.[turn]]).flat();
  return turns.filter((each) => each !== undefined).slice(0, ADDRESSES_MAX);
}

type Failure = NodeJS.ErrnoException & { address?: string };

/** A network without IPv6 says so for each address of it, which says nothing about the host. */
const NO_ROUTE = /^(ENETUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)$/;

function failureOf(failures: readonly Error[]): Error {
  const [only, ...others] = failures;
  if (only && others.length === 0) return only;
  const isTelling = ({ code = '', address }: Failure): boolean => !(NO_ROUTE.test(code) && address?.includes(':'));
  return new AggregateError(failures.toSorted((a, b) => Number(isTelling(b)) - Number(isTelling(a))));
}
