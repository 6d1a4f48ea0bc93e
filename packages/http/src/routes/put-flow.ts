import type { FlowNode, FlowReceipt } from '@sluice/queue';
import { DefinitionError } from '@sluice/queue/contracts';
import type { FastifyInstance } from 'fastify';
import { isOpenTo } from '../auth/authenticate.ts';
import { flowReceipt } from '../openapi/receipt.ts';
import { anyFlow } from '../openapi/flow-schema.ts';
import { needs } from '../auth/verbs.ts';
import { HttpRefusal } from '../problems/request-errors.ts';
import { readPutFlow } from '../requests/put-flow-request.ts';
import type { PutDeps } from './put-job.ts';
import { explainShare, type PutWait, waitOf } from './put-wait.ts';
import { sendReceipt } from './send-receipt.ts';
import type { ServedQueue } from './served-queues.ts';

/** `POST /v1/queues/:queue/flows`: a job with all that it waits for, whole or not at all. Like a put it is for everybody, not for operators. */
export function putFlowRoute(app: FastifyInstance, { queues, keys, ...waits }: PutDeps): void {
  app.post<{ Params: { queue: string } }>(
    '/v1/queues/:queue/flows',
    needs('put', {
      doc: {
        summary: 'Put a flow: a job with all that it waits for',
        body: anyFlow,
        answer: flowReceipt,
        statuses: [200, 202],
        problems: ['SLUICE_FLOW_INVALID'],
        headers: ['Idempotency-Key', 'Prefer'],
      },
    }),
    async (request, reply) => {
      const served = queues.get(request.params.queue);
      const wait = waitOf(request, reply, { queue: served.queue, ...waits });
      const { body } = request;
      request.body = undefined;
      const open = queues.ofFlow(served).filter(({ name }) => isOpenTo(request, name));
      const { flow, hasKey } = await readPutFlow(body, request, { queue: served.queue, queues: open });
      const { id } = flow.options;
      const begin = (): Promise<FlowReceipt> => explainShare(put(served, flow, wait), wait);
      const receipt = await (hasKey && id !== undefined ? keys.run({ queue: served.queue.name, id }, begin) : begin());
      return sendReceipt(reply, served, { hasId: id !== undefined, receipt, prefix: app.prefix });
    },
  );
}

async function put({ producer }: ServedQueue, flow: FlowNode, { waitMs, signal }: PutWait): Promise<FlowReceipt> {
  try {
    return await producer.putFlow(flow, { signal, ...(waitMs > 0 ? { waitMs } : { whenFull: 'reject' }) });
  } catch (error) {
    // On a Redis Cluster a flow is of one queue: for the client it is wrong, not for us.
    if (error instanceof DefinitionError) throw new HttpRefusal(422, error.message);
    throw error;
  }
}
