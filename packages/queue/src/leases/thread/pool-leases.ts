import type { FromLeaseThread, LeaseCommand } from '../shared/lease-thread-messages.ts';
import type { LeaseThreadSetup } from '../../store/lease-store/lease-thread-setup.ts';
import type { LeaseRef } from '../../store/lease-store/lease-details.ts';
import { LeaseThreadRedis } from '../../store/lease-store/lease-thread-redis.ts';
import { LateSettler } from '../../store/lease-store/late-settler.ts';
import { LeaseRounds } from './lease-rounds.ts';

/** What the lease thread does for one pool, on a connection of its own: no other pool can hold it up. */
export class PoolLeases {
  readonly #redis: LeaseThreadRedis;
  readonly #rounds: LeaseRounds;
  readonly #tell: (message: FromLeaseThread['message']) => void;

  constructor(setup: LeaseThreadSetup, tell: (message: FromLeaseThread['message']) => void) {
    const redis = new LeaseThreadRedis(setup);
    this.#redis = redis;
    this.#tell = tell;
    this.#rounds = new LeaseRounds({ setup, redis, tell, settler: new LateSettler(setup, redis.client) });
  }

  async start(): Promise<void> {
    try {
      await this.#redis.connect();
      this.#tell({ kind: 'ready', leftoversInMs: await this.#rounds.start() });
    } catch (error) {
      this.#tell({ kind: 'unavailable', message: error instanceof Error ? error.message : String(error) });
      // A thread that replaces a dead one keeps trying, as a pool does.
      await this.#rounds.start();
    }
  }

  hear(message: Exclude<LeaseCommand, { kind: 'close' }>): void {
    switch (message.kind) {
      case 'pages':
        return this.#rounds.add(message.pages);
      case 'name':
        return this.#rounds.name(message.lease, message.id);
      case 'confirm':
        return void this.#confirm(message.ask, message.lease);
      default:
        message satisfies never;
    }
  }

  async close(): Promise<void> {
    this.#rounds.stop();
    await this.#redis.signOff();
    this.#redis.close();
  }

  async #confirm(ask: number, lease: LeaseRef): Promise<void> {
    this.#tell({ kind: 'confirmed', ask, holds: await this.#rounds.confirm(lease) });
  }
}
