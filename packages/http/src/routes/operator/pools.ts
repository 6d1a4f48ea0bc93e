import type { FastifyInstance } from 'fastify';
import type { ServedQueues } from '../served-queues.ts';

/** `GET /v1/queues/:queue/pools`: which pools work on the queue, and what they run. */
export function poolsRoutes(app: FastifyInstance, { queues }: { queues: ServedQueues }): void {
  app.get<{ Params: { queue: string } }>('/v1/queues/:queue/pools', async ({ params }) => ({
    queue: params.queue,
    ...(await queues.admin(params.queue).pools.list()),
  }));
}
