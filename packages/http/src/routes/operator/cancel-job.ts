import type { FastifyInstance } from 'fastify';
import { JobNotFoundError } from '../../problems/request-errors.ts';
import type { ServedQueues } from '../served-queues.ts';

/** `DELETE /v1/queues/:queue/jobs/:id`: takes a job back, and says what became of it. */
export function cancelJobRoute(app: FastifyInstance, { queues }: { queues: ServedQueues }): void {
  app.delete<{ Params: { queue: string; id: string } }>('/v1/queues/:queue/jobs/:id', async ({ params }) => {
    const outcome = await queues.admin(params.queue).cancel(params.id);
    if (outcome === 'unknown') throw new JobNotFoundError(params.queue, params.id);
    return { queue: params.queue, id: params.id, outcome };
  });
}
