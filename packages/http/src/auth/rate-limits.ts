import type { StoredApiKey } from '@sluice/queue';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RateLimitedError } from './auth-errors.ts';

/** Counts the requests of each key that has a rate, in this process. */
export class RateLimits {
  readonly #limiters = new Map<number, RateLimiterMemory>();

  /** @throws RateLimitedError when the key has sent as many as it may in this second */
  async take({ id, perSecond }: StoredApiKey): Promise<void> {
    if (perSecond === null) return;
    try {
      await this.#limiterOf(perSecond).consume(id);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw new RateLimitedError(perSecond, error.msBeforeNext);
      throw error;
    }
  }

  #limiterOf(points: number): RateLimiterMemory {
    const known = this.#limiters.get(points);
    if (known) return known;
    const limiter = new RateLimiterMemory({ points, duration: 1 });
    this.#limiters.set(points, limiter);
    return limiter;
  }
}
