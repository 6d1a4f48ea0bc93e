import { addressOf } from '@sluice/testing/servers';
import { openHistory } from '@sluice/testing/history';
import { Queue } from 'bullmq';
import { payloadOf, step, storedQueueName } from './bound-queue.ts';
import { endWithParent, idsOf, type ProducerProgramOptions, readOptions } from './program-options.ts';

// The usual bug: check for free capacity, then add. Between the two steps, other producers check too.
endWithParent();
const options = readOptions<ProducerProgramOptions>();
const history = openHistory(options.historyFile);

async function produce(index: number): Promise<void> {
  const producer = `${options.name}-${index}`;
  const queue = new Queue(storedQueueName, { connection: addressOf(options.url) });
  for (const [n, id] of idsOf(options.member, index, options.jobsPerProducer).entries()) {
    history.record({ type: 'put-sent', id, producer });
    while ((await depthOf(queue)) >= options.capacity) await new Promise((resolve) => setTimeout(resolve, 50));
    await queue.add(step.name, payloadOf(n), {
      jobId: `k.${id}`,
      attempts: step.retry.attempts,
      backoff: { type: 'fixed', delay: step.retry.backoff.delayMs },
    });
    history.record({ type: 'put-answered', id, producer, status: 'created' });
  }
  await queue.close();
}

function depthOf(queue: Queue): Promise<number> {
  return queue.getJobCountByTypes('wait', 'active', 'prioritized', 'delayed', 'waiting-children');
}

await Promise.all(Array.from({ length: options.producers }, (_, index) => produce(index)));
history.close();
process.disconnect?.();
process.exit(0);
