import type { KeysMap } from 'bullmq';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { listPools, type PoolList } from '../store/pools/list-pools.ts';

export interface PoolsAdminDeps {
  readonly keys: KeysMap;
  /** Calls Redis, unless the administration is closed. */
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

/** The pools of a queue, wherever they run: `admin.pools`. */
export class PoolsAdmin {
  readonly #deps: PoolsAdminDeps;

  constructor(deps: PoolsAdminDeps) {
    this.#deps = deps;
  }

  /**
   * Which pools and consumers work on the queue: where, since when, of which version, with how many slots, for which contracts,
   * and what they run since when. One that died is listed until its last lease would have run out. Looks at 1,000 running jobs at most.
   */
  async list(): Promise<PoolList> {
    const { call, keys } = this.#deps;
    return call((client) => listPools(client, keys));
  }
}
