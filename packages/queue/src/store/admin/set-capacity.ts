import type { Redis } from 'ioredis';
import { ourScript } from '../scripts/scripts.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { type AdministeredQueue, wakeArguments } from '../admission/wake-arguments.ts';

const script = new RedisScript(() => ourScript('set-capacity'));

/** Sets the capacity for the whole fleet, or, with null, leaves it to the newest definition again. */
export async function setCapacity(client: Redis, queue: AdministeredQueue, capacity: number | null): Promise<void> {
  const wake = wakeArguments(queue);
  await script.run(client, wake.keys, [capacity ?? '', ...wake.args]);
}
