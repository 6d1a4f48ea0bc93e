import { QueueClosedError } from '@sluice/queue/contracts';
import type { FastifyInstance } from 'fastify';
import { needs } from '../../auth/verbs.ts';
import { HttpRefusal, JobNotFoundError } from '../../problems/request-errors.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { z } from 'zod';
import { changeAnswer } from '../../openapi/answers/job-answers.ts';

const bodySchema = z.strictObject({ clearExpiry: z.boolean().exactOptional() });

type OfJob = { Params: { queue: string; id: string } };

/** `POST /v1/queues/:queue/jobs/:id/retry`: puts a dead job back to work, with new attempts, if there is capacity for it. */
export function retryJobRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.post<OfJob>(
    '/v1/queues/:queue/jobs/:id/retry',
    needs('operate', {
      doc: {
        summary: 'Retry a dead job',
        problems: ['SLUICE_QUEUE_CLOSED'],
        answer: changeAnswer,
        body: bodySchema.optional(),
      },
    }),
    async ({ params: { queue, id }, body }) => {
      const admin = queues.admin(queue);
      const { results, stopped } = await admin.deadLetters.replay([id], parseFields(bodySchema, body ?? {}));
      if (stopped === 'sealed') throw new QueueClosedError(queue, 'it is sealed');
      if (stopped === 'full')
        throw new HttpRefusal(429, `queue ${queue} has no capacity for job ${id}`, { 'retry-after': '5' });
      if (results.replayed) return { queue, id, result: 'replayed' };
      if (results.expired) throw new HttpRefusal(409, `job ${id} would only expire again: see clearExpiry`);
      if (!(await admin.find(id))) throw new JobNotFoundError(queue, id);
      throw new HttpRefusal(409, `job ${id} is not dead`);
    },
  );
}
