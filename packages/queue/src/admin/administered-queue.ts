import { nameOption } from '../job/contracts/name.ts';
import { type QueueDefinition, queueDefaults } from '../job/contracts/queue-policy.ts';
import { DefinitionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import { type OptionRules, required } from '../job/options/option-rules.ts';

/** A queue by its name alone, for programs that do not have its definition. */
export interface QueueName {
  /** As in `defineQueue`, without braces. */
  readonly name: string;
  /**
   * What the Redis keys start with.
   *
   * @default `bull`
   */
  readonly prefix?: string;
}

/** What the administration needs of a definition. The capacity is 0 where there is none: then only Redis's counts. */
export type AdministeredQueue = Pick<QueueDefinition, 'name' | 'prefix' | 'capacity' | 'keep' | 'jobs'>;

const queueNameRules = { name: required(nameOption), prefix: nameOption } satisfies OptionRules<QueueName>;

/** @throws DefinitionError when the name or the prefix cannot be one */
export function administeredQueue(queue: QueueDefinition | QueueName): AdministeredQueue {
  if ('jobs' in queue) return queue;
  checkOptions('queue', queueNameRules, queue, DefinitionError);
  const { name, prefix = queueDefaults.prefix } = queue;
  return { name, prefix, capacity: 0, keep: queueDefaults.keep, jobs: [] };
}
