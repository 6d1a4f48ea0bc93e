import type { FastifyInstance } from 'fastify';
import { needs } from '../auth/verbs.ts';
import { JobNotFoundError } from '../problems/request-errors.ts';
import type { ServedQueues } from './served-queues.ts';

/** `GET /v1/queues/:queue/jobs/:id`: where the job stands, with its result or its failure once it has ended. */
export function getJobRoute(app: FastifyInstance, { queues }: { queues: ServedQueues }): void {
  app.get<{ Params: { queue: string; id: string } }>('/v1/queues/:queue/jobs/:id', needs('read'), async (request) => {
    const { queue, producer } = queues.get(request.params.queue);
    const snapshot = await producer.find(request.params.id);
    if (!snapshot) throw new JobNotFoundError(queue.name, request.params.id);
    return { queue: queue.name, ...snapshot };
  });
}
