import { connectProducer, SluiceError } from '@sluice/queue';
import { openHistory } from '@sluice/testing/history';
import { boundQueue, payloadOf, step } from './bound-queue.ts';
import { endWithParent, idsOf, type ProducerProgramOptions, readOptions } from './program-options.ts';

// Several producers, each with its own connection, put as fast as the queue allows.
endWithParent();
const options = readOptions<ProducerProgramOptions>();
const history = openHistory(options.historyFile);
const queue = boundQueue(options.capacity);

// Errors that say that nothing was added. After any other error the job may be there.
const refusals = new Set(['SLUICE_QUEUE_FULL', 'SLUICE_REDIS_UNAVAILABLE']);

async function produce(index: number): Promise<void> {
  const producer = `${options.name}-${index}`;
  await using fetches = await connectProducer(queue, { redis: options.url, unavailableMs: 30_000 });
  for (const [n, id] of idsOf(options.member, index, options.jobsPerProducer).entries()) {
    for (let answered = false; !answered;) {
      history.record({ type: 'put-sent', id, producer });
      try {
        const { status, depth } = await fetches.put(step, payloadOf(n), { id, waitMs: 20_000 });
        history.record({ type: 'put-answered', id, producer, status });
        history.record({ type: 'depth', queue: queue.name, depth });
        answered = true;
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        history.record({
          type: refusals.has(error.code) ? 'put-refused' : 'put-unknown',
          id,
          producer,
          code: error.code,
        });
      }
    }
  }
}

await Promise.all(Array.from({ length: options.producers }, (_, index) => produce(index)));
history.close();
process.disconnect?.();
process.exit(0);
