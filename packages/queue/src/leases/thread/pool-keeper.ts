import type { FromThread, ToKeeper } from '../shared/keeper-messages.ts';
import type { KeeperSetup } from '../../store/lease-store/keeper-setup.ts';
import type { LeaseRef } from '../../store/lease-store/lease-note.ts';
import { KeeperRedis } from '../../store/lease-store/keeper-redis.ts';
import { LateSettler } from '../../store/lease-store/late-settler.ts';
import { LeaseRounds } from './lease-rounds.ts';

/** What the thread does for one pool: on a connection of its own, whatever becomes of the other pools. */
export class PoolKeeper {
  readonly #redis: KeeperRedis;
  readonly #rounds: LeaseRounds;
  readonly #tell: (message: FromThread['message']) => void;

  constructor(setup: KeeperSetup, tell: (message: FromThread['message']) => void) {
    const redis = new KeeperRedis(setup);
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
      // A keeper that takes the place of a dead one goes on trying, as a pool does.
      await this.#rounds.start();
    }
  }

  hear(message: Exclude<ToKeeper, { kind: 'close' }>): void {
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
