import { jobSnapshotStates } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { JobNotFoundError } from '../../problems/request-errors.ts';
import { actFields, letterFilter } from '../../requests/job-filter.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import { actOptions } from './act-options.ts';
import type { OperatorDeps } from './operator-deps.ts';
import { actAnswer, cancelAnswer } from '../../openapi/answers/job-answers.ts';

const query = z.strictObject({
  waitMs: z.coerce.number().int().min(0).max(30_000).default(10_000),
  reason: z.string().max(500).exactOptional(),
});

const cancelBody = z.strictObject({
  filter: letterFilter.extend({ state: z.array(z.enum(jobSnapshotStates)).min(1).exactOptional() }),
  ...actFields,
  waitMs: z.int().min(0).max(30_000).default(10_000),
  reason: z.string().max(500).exactOptional(),
});

/** `DELETE /v1/queues/:queue/jobs/:id`: cancels a job, and says what became of it. `POST …/jobs/cancel`: all that a filter finds. */
export function cancelJobRoute(app: FastifyInstance, { queues, stopping }: OperatorDeps): void {
  app.delete<{ Params: { queue: string; id: string } }>(
    '/v1/queues/:queue/jobs/:id',
    needs('operate', { doc: { summary: 'Cancel a job', answer: cancelAnswer, query: query } }),
    async (request) => {
      const { queue, id } = request.params;
      const outcome = await queues.admin(queue).cancel(id, parseFields(query, request.query));
      if (outcome === 'unknown') throw new JobNotFoundError(queue, id);
      return { queue, id, outcome };
    },
  );

  app.post<{ Params: { queue: string } }>(
    '/v1/queues/:queue/jobs/cancel',
    needs('operate', { doc: { summary: 'Cancel all jobs that match', answer: actAnswer, body: cancelBody } }),
    async ({ params: { queue }, body }, reply) => {
      const { filter, waitMs, reason, ...act } = parseFields(cancelBody, body);
      const how = { waitMs, ...(reason !== undefined && { reason }) };
      const report = await queues.admin(queue).cancelJobs(filter, { ...actOptions(act, reply, stopping), ...how });
      return { queue, ...report };
    },
  );
}
