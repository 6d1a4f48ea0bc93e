import { createRedisBackend } from 'bullmq';
import type { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { checkAtRandom, type RandomRuns } from '../../../../testing/check-at-random.ts';
import { createBoundedBackend } from '../../create-bounded-backend.ts';
import { agreedDifferences, withoutAgreed } from './agreed-differences.ts';
import { operations } from './arbitrary-operations.ts';
import { readKeyspace } from './keyspace.ts';
import type { Operation } from './operation.ts';
import { performOperation } from './perform-operation.ts';
import { Side } from './side.ts';

/** Never reached: admission is in the path of every operation and refuses nothing. */
const CAPACITY = 1_000_000;

let runs = 0;

/**
 * Runs one sequence on BullMQ's backend and on ours, at the same instants of a clock that stands still between
 * operations, and compares every answer and then everything that is stored.
 */
export async function expectSameLayout(client: Redis, prefix: string, sequence: readonly Operation[]): Promise<void> {
  runs += 1;
  // Equally long, so that a size limit meets the same bytes.
  const plain = new Side({ client, prefix: `{${prefix}-${runs}-b}`, factory: createRedisBackend });
  const factory = createBoundedBackend({ capacity: CAPACITY });
  const ours = new Side({ client, prefix: `{${prefix}-${runs}-s}`, factory });
  try {
    await Promise.all([plain.ready(), ours.ready()]);
    for (const [index, operation] of sequence.entries()) {
      vi.setSystemTime(Date.now() + (operation.do === 'letTimePass' ? operation.ms : 1));
      const [theirs, outcome] = await Promise.all([
        performOperation(plain, operation),
        performOperation(ours, operation),
      ]);
      expect(outcome, `operation ${index}, ${operation.do}`).toEqual(theirs);
    }
    const [theirs, stored] = await Promise.all([plain, ours].map(({ prefix: root }) => readKeyspace(client, root)));
    expect(withoutAgreed(stored ?? {}, agreedDifferences)).toEqual(withoutAgreed(theirs ?? {}, agreedDifferences));
  } finally {
    await Promise.all([plain.close(), ours.close()]);
  }
}

export interface RandomComparison extends RandomRuns {
  readonly client: Redis;
  readonly prefix: string;
  /** Operations of the longest sequence. */
  readonly maxLength: number;
}

export async function expectSameLayoutAtRandom(comparison: RandomComparison): Promise<void> {
  const { client, prefix, maxLength } = comparison;
  await checkAtRandom(operations(maxLength), (sequence) => expectSameLayout(client, prefix, sequence), comparison);
}
