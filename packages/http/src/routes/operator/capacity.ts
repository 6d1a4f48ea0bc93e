import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { needs } from '../../auth/verbs.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { OperatorQueues } from '../served-queues.ts';
import { capacityAnswer } from '../../openapi/answers/queue-answers.ts';

const bodySchema = z.strictObject({ capacity: z.int().min(1) });

type OfQueue = { Params: { queue: string } };

/**
 * `GET`, `PUT` and `DELETE /v1/queues/:queue/capacity`: how many unfinished jobs the queue may hold, and whose number that is. `PUT` sets
 * it for all processes, above all definitions; `DELETE` lets the newest definition's count again.
 */
export function capacityRoutes(app: FastifyInstance, { queues }: { queues: OperatorQueues }): void {
  const url = '/v1/queues/:queue/capacity';
  const read = async (queue: string): Promise<object> => {
    const { capacity, capacityFrom, depth, over } = await queues.admin(queue).stats();
    return { queue, capacity, capacityFrom, depth, over };
  };
  app.get<OfQueue>(
    url,
    needs('read', { doc: { summary: 'Show the capacity of a queue', answer: capacityAnswer } }),
    ({ params: { queue } }) => read(queue),
  );
  app.put<OfQueue>(
    url,
    needs('admin', { doc: { summary: 'Set the capacity of a queue', answer: capacityAnswer, body: bodySchema } }),
    async ({ params: { queue }, body }) => {
      await queues.admin(queue).setCapacity(parseFields(bodySchema, body).capacity);
      return read(queue);
    },
  );
  app.delete<OfQueue>(
    url,
    needs('admin', { doc: { summary: 'Leave the capacity to the definition of the queue', answer: capacityAnswer } }),
    async ({ params: { queue } }) => {
      await queues.admin(queue).setCapacity(null);
      return read(queue);
    },
  );
}
