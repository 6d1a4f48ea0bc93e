import type { Admin } from '@sluice/queue';
import type { Fact } from '@sluice/testing/history';
import type { SeededRandom } from '../plan/seeded-random.ts';

/** What an order is given with. */
export interface OrderScene {
  readonly admin: Admin;
  /** The process that gives it. */
  readonly operator: string;
  /** What the seed decides. */
  readonly random: SeededRandom;
  readonly record: (fact: Fact) => void;
  /** Aborts when the operator is asked to end. */
  readonly ending: AbortSignal;
}

/**
 * Something that an operator does to the queue while it runs. Each feature has a file here, a line in `known-orders.ts`, and its
 * rule in `checkers/`, which reads what was recorded: `order-sent` before each call, `order-answered` after it. A call that
 * fails, or whose process dies, may have been carried out or not.
 */
export interface Order {
  readonly name: string;
  /** How often it is given, compared with the others. */
  readonly weight: number;
  readonly give: (scene: OrderScene) => Promise<void>;
}
