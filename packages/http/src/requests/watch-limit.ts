import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientGoneError, OverloadedError, TooManyWatchesError } from '../problems/request-errors.ts';
import { clientOf } from './client-of.ts';
import { ClientShares } from './client-shares.ts';
import { whenOver } from './request-end.ts';

/** How many requests may wait for what happens to jobs and queues. */
export interface WatchLimits {
  /** At once, of all clients. */
  readonly watchesMax: number;
  /** At once, of one client: of an API key, or of an address where no key is asked for. */
  readonly watchesPerClient: number;
}

/** A thousand event streams and a thousand long polls, and no client with more than half of what there may be. */
export const watchDefaults = { watchesMax: 2_500, watchesPerClient: 1_250 } as const satisfies WatchLimits;

/** Bounds the requests that wait. They hold no body, so they are counted apart from those that are worked on. */
export class WatchLimit {
  readonly #limits: WatchLimits;
  readonly #shares: ClientShares;

  constructor(limits: WatchLimits) {
    this.#limits = limits;
    this.#shares = new ClientShares({ most: limits.watchesMax, mostOfOne: limits.watchesPerClient });
  }

  /**
   * The request waits from now on, and is no longer one of those that are worked on. Its end gives the place back, an abort too.
   *
   * @throws OverloadedError when as many wait as may; TooManyWatchesError when the client has its share of them; ClientGoneError
   */
  enter(request: FastifyRequest, reply: FastifyReply): void {
    // Nothing would give the place back.
    if (reply.raw.closed || request.raw.socket.destroyed) throw new ClientGoneError();
    const leave = this.#shares.take(clientOf(request));
    if (!leave)
      throw this.#shares.isFull ? new OverloadedError() : new TooManyWatchesError(this.#limits.watchesPerClient);
    request.sluiceLoad?.release();
    whenOver(reply, leave);
  }
}
