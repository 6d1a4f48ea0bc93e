import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ForbiddenError } from '../../auth/auth-errors.ts';
import { isOpenTo } from '../../auth/authenticate.ts';
import { needs } from '../../auth/verbs.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import type { WatchLimit } from '../../requests/watch-limit.ts';
import { eventFrames } from './event-frames.ts';
import type { QueueSamples } from './queue-samples.ts';
import type { OperatorQueues } from '../served-queues.ts';

const query = z.strictObject({ queue: z.string().max(200).exactOptional() });

export interface EventsDeps {
  readonly source: OperatorQueues;
  readonly samples: QueueSamples;
  /** Whether those who come without a key may change anything. */
  readonly isOpen: boolean;
  readonly stopping: AbortSignal;
  readonly watches: WatchLimit;
}

/** `GET /v1/console/events`: the one stream of a tab of the console, about all queues or the one that it shows. */
export function consoleEventsRoute(app: FastifyInstance, deps: EventsDeps): void {
  const { source, samples, isOpen, stopping, watches } = deps;
  app.get(
    '/v1/console/events',
    needs('read', {
      doc: {
        summary: 'What a tab of the console shows',
        problems: ['SLUICE_TOO_MANY_WATCHES', 'SLUICE_UNKNOWN_QUEUE'],
        query: query,
        media: 'text/event-stream',
      },
    }),
    async (request, reply) => {
      const { queue } = parseFields(query, request.query);
      if (queue !== undefined) {
        if (!isOpenTo(request, queue)) throw new ForbiddenError(`this API key is not for queue ${queue}`);
        source.admin(queue); // 404 where there is none
      }
      watches.enter(request, reply);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const all = async (): Promise<string[]> => (await source.names()).filter((name) => isOpenTo(request, name));
      const names = queue === undefined ? all : async () => [queue];
      const readOnly = request.sluiceKey ? !request.sluiceKey.verbs.includes('operate') : !isOpen;
      const frames = eventFrames({ samples, names, readOnly, signal: AbortSignal.any([gone.signal, stopping]) });
      reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store');
      // Proxies that collect answers before they pass them on read this.
      reply.header('x-accel-buffering', 'no');
      return reply.send(Readable.from(frames, { highWaterMark: 1 }));
    },
  );
}
