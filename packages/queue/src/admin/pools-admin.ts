import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import { type ListedPool, listPools, type PoolList } from '../store/pools/list-pools.ts';
import { orderPools, type OrderPoolsDeps } from '../store/pools/order-pools.ts';
import type { FleetOrder } from '../store/pools/pool-orders.ts';

/** Which pools are told something, and how long they may take to confirm it. */
export interface PoolOrderOptions {
  /**
   * The pools, by their ids or names, as the list shows them.
   *
   * @default all pools of the queue that live
   */
  pools?: readonly string[];
  /**
   * How long they may take to confirm it, in milliseconds from 0 to 86,400,000.
   *
   * @default 5_000
   */
  waitMs?: number;
}

export interface DrainPoolsOptions extends PoolOrderOptions {
  /**
   * How long running attempts may go on before they are given back, in milliseconds from 0 to 2,147,483,647.
   *
   * @default the `drainMs` of each pool
   */
  timeoutMs?: number;
}

/** What became of an order to pools. */
export interface PoolOrderReport {
  /** Pools that did it, and said so. */
  readonly confirmed: readonly ListedPool[];
  /** Pools that did not answer in time: their event loops are blocked, they are of an older version, or they died. */
  readonly unconfirmed: readonly ListedPool[];
}

const orderRules = {
  pools: {
    must: 'be a list of ids or names of pools',
    holds: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string'),
  },
  waitMs: optionRule.numberBetween(0, 86_400_000),
} satisfies OptionRules<PoolOrderOptions>;

const concurrencyRules = { ...orderRules, concurrency: optionRule.wholeNumber(1, 10_000) };
const drainRules = {
  ...orderRules,
  timeoutMs: optionRule.numberBetween(0, 2_147_483_647),
} satisfies OptionRules<DrainPoolsOptions>;

const WAIT_MS = 5_000;

/** The pools of a queue, wherever they run: `admin.pools`. */
export class PoolsAdmin {
  readonly #deps: OrderPoolsDeps;

  constructor(deps: OrderPoolsDeps) {
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

  /**
   * Sets how many attempts each of the pools runs at once, from 1 to 10,000. A smaller number stops no attempt: slots close as attempts end.
   * It holds until the pool ends; one that starts later has its own option. Consumers have no slots of their own, and are left out.
   *
   * @throws OptionError when an option is out of its range, or no pool has such an id or name
   */
  async setConcurrency(concurrency: number, options: PoolOrderOptions = {}): Promise<PoolOrderReport> {
    checkOptions('pools.setConcurrency', concurrencyRules, { ...options, concurrency }, OptionError);
    return this.#order({ kind: 'concurrency', slots: concurrency }, options);
  }

  /**
   * Has pools take no more jobs, let running attempts end, and disconnect. Their processes stay, and take jobs again only once they are
   * started anew. Resolves once each has begun.
   *
   * @throws OptionError when an option is out of its range, or no pool has such an id or name
   */
  async drain(options: DrainPoolsOptions = {}): Promise<PoolOrderReport> {
    checkOptions('pools.drain', drainRules, options, OptionError);
    return this.#order({ kind: 'drain', timeoutMs: options.timeoutMs ?? null }, options);
  }

  async #order(order: FleetOrder, { pools: named, waitMs = WAIT_MS }: PoolOrderOptions): Promise<PoolOrderReport> {
    const listed = (await this.list()).pools.filter(({ about }) => about?.kind !== 'consumer');
    const meant = named ? named.flatMap((name) => poolsNamed(listed, name)) : listed;
    const ids = [...new Set(meant.map(({ id }) => id))];
    const open = ids.length === 0 ? new Set() : await orderPools(this.#deps, ids, order, waitMs);
    const told = listed.filter(({ id }) => ids.includes(id));
    return {
      confirmed: told.filter(({ id }) => !open.has(id)),
      unconfirmed: told.filter(({ id }) => open.has(id)),
    };
  }
}

function poolsNamed(pools: readonly ListedPool[], name: string): ListedPool[] {
  const found = pools.filter(({ id, about }) => id === name || about?.name === name);
  if (found.length === 0) throw new OptionError(`no pool of this queue has the id or name ${JSON.stringify(name)}`);
  return found;
}
