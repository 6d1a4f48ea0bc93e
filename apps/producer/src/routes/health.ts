import type { FastifyInstance } from 'fastify';
import type { ServedQueues } from '../served-queues.ts';

/**
 * `GET /livez`: the process turns, also while it stops. Asks nobody else, so that a Redis outage restarts no process.
 * `GET /readyz`: Redis answers for every queue; 503 when it does not, or when the service is stopping.
 */
export function healthRoutes(app: FastifyInstance, { queues }: { queues: ServedQueues }): void {
  app.get('/livez', { config: { whileStopping: true, quiet: true } }, () => ({ status: 'ok' }));
  app.get('/readyz', { config: { quiet: true } }, async () => {
    await Promise.all(queues.all().map(({ producer }) => producer.stats()));
    return { status: 'ok' };
  });
}
