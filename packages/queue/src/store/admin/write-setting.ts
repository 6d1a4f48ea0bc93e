import type { Redis } from 'ioredis';
import type { MetaField } from '../keys/meta-fields.ts';
import { ourScript } from '../scripts/scripts.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { type AdministeredQueue, wakeArguments } from '../admission/wake-arguments.ts';

const script = new RedisScript(() => ourScript('write-setting'));

/** Sets what holds for the whole fleet, or, with null, leaves it to each client again. Works on a full Redis, too. */
export async function writeSetting(
  client: Redis,
  queue: AdministeredQueue,
  field: MetaField,
  value: string | null,
): Promise<void> {
  const wake = wakeArguments(queue);
  await script.run(client, wake.keys, [field, value ?? '', ...wake.args]);
}
