import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { JobNotFoundError } from '../../problems/request-errors.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { ServedQueues } from '../served-queues.ts';

const query = z.strictObject({
  waitMs: z.coerce.number().int().min(0).max(30_000).default(10_000),
  reason: z.string().max(500).exactOptional(),
});

/** `DELETE /v1/queues/:queue/jobs/:id`: cancels a job, and says what became of it. */
export function cancelJobRoute(app: FastifyInstance, { queues }: { queues: ServedQueues }): void {
  app.delete<{ Params: { queue: string; id: string } }>('/v1/queues/:queue/jobs/:id', async (request) => {
    const { queue, id } = request.params;
    const outcome = await queues.admin(queue).cancel(id, parseFields(query, request.query));
    if (outcome === 'unknown') throw new JobNotFoundError(queue, id);
    return { queue, id, outcome };
  });
}
