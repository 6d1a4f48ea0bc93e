import type { Clock } from './clock.ts';
import type { PoolEmitter } from './pool-events.ts';

/** Tells once when Redis is lost and once when it is back, however many calls fail in between. */
export class RedisWatch {
  readonly #events: PoolEmitter;
  readonly #clock: Clock;
  #lostAtMs: number | null = null;

  constructor(events: PoolEmitter, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  get isUp(): boolean {
    return this.#lostAtMs === null;
  }

  trouble(error: unknown): void {
    if (this.#lostAtMs !== null) return;
    this.#lostAtMs = this.#clock.monotonicMs();
    this.#events.emit('redisLost', { message: error instanceof Error ? error.message : String(error) });
  }

  fine(): void {
    if (this.#lostAtMs === null) return;
    const awayMs = Math.round(this.#clock.monotonicMs() - this.#lostAtMs);
    this.#lostAtMs = null;
    this.#events.emit('redisBack', { awayMs });
  }
}
