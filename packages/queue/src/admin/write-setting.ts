import type { Redis } from 'ioredis';
import type { MetaField } from '../redis/meta-fields.ts';
import { type AdministeredQueue, scriptThatWakes, wakeArguments } from './script-that-wakes.ts';

const script = scriptThatWakes('write-setting');

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
