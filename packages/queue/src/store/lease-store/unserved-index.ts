import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Delivery } from '../../job/delivery.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/** What a worker can run: the name of a contract and its newest version there. */
export interface ServedContract {
  readonly name: string;
  readonly version: number;
}

const noteUnserved = new RedisScript(() => ourScript('note-unserved'));
const bringUnserved = new RedisScript(() => ourScript('bring-unserved'));

/** How many jobs one call looks at. */
const LOOK_MAX = 1_000;

/** The jobs that workers have put aside because they could not run them. It only helps: nothing is lost when it is wrong. */
export class UnservedIndex {
  readonly #client: Redis;
  readonly #keys: KeysMap;
  readonly #nowMs: () => number;

  constructor({ client, keys, nowMs }: { client: Redis; keys: KeysMap; nowMs: () => number }) {
    this.#client = client;
    this.#keys = keys;
    this.#nowMs = nowMs;
  }

  /** Notes a job that was put aside just now. */
  async note({ id, name, options }: Delivery, delayMs: number): Promise<void> {
    const member = `${options.sluice?.v ?? 0}:${Buffer.byteLength(name)}:${name}${id}`;
    const dueAtMs = Math.round(this.#nowMs() + delayMs);
    await noteUnserved.run(this.#client, [this.#key], [member, dueAtMs, poolDefaults.unknownDelayMaxMs]);
  }

  /** Makes those due that can be run here. @returns how many */
  async bring(contracts: readonly ServedContract[]): Promise<number> {
    const keys = [this.#key, this.#keys['delayed'] ?? '', this.#keys['marker'] ?? ''];
    const served = contracts.flatMap(({ name, version }) => [name, version]);
    const brought = await bringUnserved.run(this.#client, keys, [LOOK_MAX, poolDefaults.unknownDelayMaxMs, ...served]);
    return Number(brought);
  }

  get #key(): string {
    return `${this.#keys[''] ?? ''}${sluiceKeys.unserved}`;
  }
}
