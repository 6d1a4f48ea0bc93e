import type { JobEdit } from '@sluice/queue';
import { limits } from '@sluice/queue/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { HttpRefusal, JobNotFoundError } from '../../problems/request-errors.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { changeAnswer } from '../../openapi/answers/job-answers.ts';

const body = z.strictObject({
  // Not looked into here: its contract does that.
  payload: z.unknown().exactOptional(),
  priority: z.int().min(1).max(limits.priorityMax).nullable().exactOptional(),
  delayMs: z.int().min(0).max(limits.delayMaxMs).exactOptional(),
  /** Milliseconds since 1970; null for never. */
  expiresAt: z.int().min(1).nullable().exactOptional(),
});

/** `PATCH /v1/queues/:queue/jobs/:id`: changes a job that waits. */
export function editJobRoute(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  app.patch<{ Params: { queue: string; id: string } }>(
    '/v1/queues/:queue/jobs/:id',
    needs('operate', {
      doc: {
        summary: 'Edit a job that waits',
        problems: ['SLUICE_PAYLOAD_INVALID', 'SLUICE_TOO_LARGE'],
        answer: changeAnswer,
        body: body,
      },
    }),
    async ({ params, body: given }) => {
      const { queue, id } = params;
      const changes: JobEdit = parseFields(body, given);
      const result = await queues.admin(queue).edit(id, changes);
      if (result === 'unknown') throw new JobNotFoundError(queue, id);
      if (result !== 'edited') throw new HttpRefusal(409, `job ${id} cannot be edited: ${result}`);
      return { queue, id, result };
    },
  );
}
