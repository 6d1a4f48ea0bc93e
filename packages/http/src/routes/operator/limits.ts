import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { limitsAnswer } from '../../openapi/answers/queue-answers.ts';

const limit = z.int().min(1).max(1_000_000);
const name = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be the name of a contract');

const limitsBody = z
  .strictObject({
    job: name.optional(),
    running: limit.nullable().optional(),
    rate: z
      .strictObject({ jobs: limit, perMs: z.int().min(1).max(86_400_000) })
      .nullable()
      .optional(),
    paused: z.boolean().optional(),
  })
  .refine(({ running, rate, paused }) => running !== undefined || rate !== undefined || paused !== undefined, {
    message: 'running, rate or paused must be given',
  });

/** `GET` and `PATCH /v1/queues/:queue/limits`: shows and sets how many jobs run at once and start in a time, and what is paused. */
export function limitsRoutes(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  const url = '/v1/queues/:queue/limits';
  type Queue = { Params: { queue: string } };
  const read = async (queue: string): Promise<object> => ({ queue, ...(await queues.admin(queue).limits.get()) });
  app.get<Queue>(
    url,
    needs('read', { doc: { summary: 'Show the limits of a queue', answer: limitsAnswer } }),
    ({ params: { queue } }) => read(queue),
  );
  app.patch<Queue>(
    url,
    needs('admin', { doc: { summary: 'Set the limits of a queue', answer: limitsAnswer, body: limitsBody } }),
    async ({ params: { queue }, body }) => {
      const { job, running, rate, paused } = parseFields(limitsBody, body);
      const of = job === undefined ? {} : { job };
      const admin = queues.admin(queue);
      if (running !== undefined || rate !== undefined)
        await admin.limits.set({
          ...of,
          ...(running !== undefined && { running }),
          ...(rate !== undefined && { rate }),
        });
      if (paused !== undefined) await (paused ? admin.pause(of) : admin.resume(of));
      return read(queue);
    },
  );
}
