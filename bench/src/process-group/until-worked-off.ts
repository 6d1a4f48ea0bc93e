import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisMeter } from '../redis-meter.ts';

const lookEveryMs = 20;
const giveUpMs = 60_000;

/** Resolves when these lists are empty: nothing waits and nothing runs. */
export async function untilWorkedOff(lists: readonly string[], meter: RedisMeter, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  for (;;) {
    const left = await Promise.all(lists.map((key) => meter.listLength(key)));
    if (left.every((length) => length === 0)) return;
    if (performance.now() - start > giveUpMs)
      throw new Error(`${left.join(' and ')} jobs are left in ${lists.join(', ')}`);
    await sleep(lookEveryMs, undefined, { signal });
  }
}
