import type { Clock } from '../job/clock.ts';
import type { PoolEmitter } from './pool-events.ts';

/** The events for a connection that is lost and back. */
export type MonitorEvents =
  | { readonly lost: 'redisLost'; readonly back: 'redisBack' }
  | { readonly lost: 'leaseThreadLost'; readonly back: 'leaseThreadBack' };

/** Emits one event when Redis is lost and one when it is back, however many calls fail in between. */
export class RedisMonitor {
  readonly #events: PoolEmitter;
  readonly #clock: Clock;
  readonly #names: MonitorEvents;
  #lostAtMs: number | null = null;

  constructor(events: PoolEmitter, clock: Clock, names: MonitorEvents = { lost: 'redisLost', back: 'redisBack' }) {
    this.#events = events;
    this.#clock = clock;
    this.#names = names;
  }

  get isUp(): boolean {
    return this.#lostAtMs === null;
  }

  trouble(error: unknown): void {
    if (this.#lostAtMs !== null) return;
    this.#lostAtMs = this.#clock.monotonicMs();
    this.#events.emit(this.#names.lost, { message: error instanceof Error ? error.message : String(error) });
  }

  fine(): void {
    if (this.#lostAtMs === null) return;
    const awayMs = Math.round(this.#clock.monotonicMs() - this.#lostAtMs);
    this.#lostAtMs = null;
    this.#events.emit(this.#names.back, { awayMs });
  }
}
