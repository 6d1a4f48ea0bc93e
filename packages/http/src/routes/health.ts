import { RedisUnavailableError } from '@sluice/queue/contracts';
import type { FastifyInstance } from 'fastify';
import { healthAnswer } from '../openapi/answers/access-answers.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { ServiceStoppingError } from '../problems/request-errors.ts';
import type { ServedQueues } from './served-queues.ts';

export interface HealthDeps {
  readonly queues: ServedQueues;
  /** How long `/readyz` waits for Redis. A put may still succeed that takes longer, on a connection that is reopened. */
  readonly readyMs: number;
  /** Fires when the service was asked to stop: some time before it ceases to listen. */
  readonly leaving: AbortSignal;
}

const health = (summary: string, problems: RouteDoc['problems'] = []) => ({
  config: { sluice: { always: true, quiet: true, doc: { summary, answer: healthAnswer, problems } } },
});

/**
 * `GET /livez`: the process turns, also while it stops. Asks nobody else, so that a Redis outage restarts no process: each
 * connection is reopened by itself in any case, so a restart would help in nothing but a loop that does not turn.
 * `GET /readyz`: Redis answers for every queue; 503 when it does not in time, or when the service is stopping.
 */
export function healthRoutes(app: FastifyInstance, { queues, readyMs, leaving }: HealthDeps): void {
  app.get('/livez', health('Whether the process runs'), () => ({ status: 'ok' }));
  app.get('/readyz', health('Whether Redis answers', ['SLUICE_REDIS_UNAVAILABLE']), async () => {
    if (leaving.aborted) throw new ServiceStoppingError();
    const asked = Promise.all(queues.all().map(({ producer }) => producer.stats()));
    if (!(await endsWithin(asked, readyMs))) throw new RedisUnavailableError('its address');
    return { status: 'ok' };
  });
}

/** Whether it resolves in time. @throws what it rejects with in time */
async function endsWithin(asked: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  asked.catch(() => undefined); // it may still reject afterwards
  try {
    return await Promise.race([asked.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
