import type { AllQueues, FoundQueues } from '@sluice/queue';
import { namePattern } from '@sluice/queue/contracts';

/** The queues that can be asked by their name: a plain BullMQ client may have made others. */
export async function namedQueues(queues: AllQueues): Promise<FoundQueues> {
  const { names, complete } = await queues.find();
  return { names: names.filter((name) => namePattern.test(name)), complete };
}
