import type { FastifyInstance } from 'fastify';
import { needs } from '../auth/verbs.ts';
import type { ServedQueues } from './served-queues.ts';
import { queueAnswer } from '../openapi/answers/queue-answers.ts';

/** `GET /v1/queues/:queue`: how full the queue is, and which jobs it takes. */
export function getQueueRoute(app: FastifyInstance, { queues }: { queues: ServedQueues }): void {
  app.get<{ Params: { queue: string } }>(
    '/v1/queues/:queue',
    needs('read', { doc: { summary: 'Show how full a queue is, and its jobs', answer: queueAnswer } }),
    async (request) => {
      const { queue, producer } = queues.get(request.params.queue);
      const stats = await producer.stats();
      return { queue: queue.name, jobs: queue.jobs.map(({ name }) => name), ...stats };
    },
  );
}
