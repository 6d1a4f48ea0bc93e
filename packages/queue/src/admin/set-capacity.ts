import type { Redis } from 'ioredis';
import { type AdministeredQueue, scriptThatWakes, wakeArguments } from './script-that-wakes.ts';

const script = scriptThatWakes('set-capacity');

/** Sets the capacity for the whole fleet, or, with null, leaves it to the newest definition again. */
export async function setCapacity(client: Redis, queue: AdministeredQueue, capacity: number | null): Promise<void> {
  const wake = wakeArguments(queue);
  await script.run(client, wake.keys, [capacity ?? '', ...wake.args]);
}
