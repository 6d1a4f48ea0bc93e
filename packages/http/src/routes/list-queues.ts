import type { QueueStats } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { isOpenTo } from '../auth/authenticate.ts';
import { needs } from '../auth/verbs.ts';
import type { ServedQueue, ServedQueues } from './served-queues.ts';
import { queuesAnswer } from '../openapi/answers/queue-answers.ts';

/** What is unusual about a queue. */
type QueueSign = 'sealed' | 'paused' | 'full' | 'over' | 'unserved' | 'no-worker';

/** `GET /v1/queues`: every queue that the client may use, with its numbers, who waits longest, and what is unusual about it. */
export function listQueuesRoute(app: FastifyInstance, { queues }: { queues: ServedQueues }): void {
  app.get(
    '/v1/queues',
    needs('read', { doc: { summary: 'List the queues, with how full each is', answer: queuesAnswer } }),
    async (request) => {
      const open = queues.all().filter(({ queue }) => isOpenTo(request, queue.name));
      return { queues: await Promise.all(open.map(describeQueue)) };
    },
  );
}

async function describeQueue({ queue, producer, admin }: ServedQueue): Promise<object> {
  const stats = await producer.stats();
  const mayWait = stats.waiters.producers > 0;
  const first = mayWait && admin ? (await admin.waiters({ limit: 1 })).waiters[0] : undefined;
  return {
    queue: queue.name,
    jobs: queue.jobs.map(({ name }) => name),
    ...stats,
    longestWaitMs: first?.waitedMs ?? null,
    signs: signsOf(stats),
  };
}

function signsOf({ sealed, paused, depth, capacity, over, unserved, pools, waiting }: QueueStats): QueueSign[] {
  const signs: [QueueSign, boolean][] = [
    ['sealed', sealed],
    ['paused', paused],
    ['full', depth >= capacity],
    ['over', over > 0],
    ['unserved', unserved > 0],
    // Plain Workers of BullMQ are not seen: then something runs.
    ['no-worker', pools === 0 && waiting > 0],
  ];
  return signs.flatMap(([sign, holds]) => (holds ? [sign] : []));
}
