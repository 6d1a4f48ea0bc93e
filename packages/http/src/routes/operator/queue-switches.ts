import type { FastifyInstance } from 'fastify';
import { needs } from '../../auth/verbs.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { switchAnswer } from '../../openapi/answers/queue-answers.ts';

const SWITCHES = ['seal', 'unseal', 'pause', 'resume'] as const;

/**
 * `POST /v1/queues/:queue/seal`, `…/unseal`, `…/pause`, `…/resume`: whether it takes puts, and whether its workers take jobs. To do it
 * twice does no harm. A contract alone is paused by `PATCH …/limits`.
 */
export function queueSwitchesRoutes(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  for (const name of SWITCHES) {
    app.post<{ Params: { queue: string } }>(
      `/v1/queues/:queue/${name}`,
      needs('admin', { doc: { summary: `${name} a queue`, answer: switchAnswer } }),
      async ({ params }) => {
        const admin = queues.admin(params.queue);
        await admin[name]();
        const { sealed, paused } = await admin.stats();
        return { queue: params.queue, sealed, paused };
      },
    );
  }
}
