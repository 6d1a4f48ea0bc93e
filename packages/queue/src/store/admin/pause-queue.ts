import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { wrappedScript } from '../scripts/scripts.ts';

/** Has no worker take a job. Works on a full Redis, too. */
export async function pauseQueue(client: Redis, keys: KeysMap): Promise<void> {
  await run(client, keys, ['wait', 'paused'], ['paused', 1]);
}

/** BullMQ's earlier versions moved what waits into a list of its own, which comes back in steps of 7,000 jobs. */
export async function resumeQueue(client: Redis, keys: KeysMap): Promise<void> {
  let emitsEvent = 1;
  while ((await run(client, keys, ['paused', 'wait'], ['resumed', emitsEvent])) > 0) emitsEvent = 0;
}

async function run(
  client: Redis,
  keys: KeysMap,
  lists: readonly [string, string],
  args: readonly [string, number],
): Promise<number> {
  const names = [...lists, 'meta', 'prioritized', 'events', 'delayed', 'marker'].map((name) => keys[name] ?? '');
  return Number(await wrappedScript('pause').script.run(client, names, [...args]));
}
