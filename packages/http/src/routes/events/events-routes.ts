import type { FastifyInstance } from 'fastify';
import type { AnswerLimit } from '../../requests/answer-limit.ts';
import type { WatchLimit } from '../../requests/watch-limit.ts';
import type { ServedQueues } from '../served-queues.ts';
import { jobEventsRoute } from './job-events.ts';
import { OpenStreams } from './open-streams.ts';
import { queueEventsRoute } from './queue-events.ts';
import { QueueFeeds } from './queue-feeds.ts';

export interface EventsRoutesDeps {
  readonly queues: ServedQueues;
  readonly watches: WatchLimit;
  readonly answers: AnswerLimit;
  /** Fires when the service stops. */
  readonly stopping: AbortSignal;
  readonly heartbeatMs?: number;
}

/** The streams of server-sent events. */
export function eventsRoutes(
  app: FastifyInstance,
  { queues, watches, answers, stopping, heartbeatMs }: EventsRoutesDeps,
): void {
  const streams = new OpenStreams({ watches, stopping, ...(heartbeatMs !== undefined && { heartbeatMs }) });
  const deps = { queues, feeds: new QueueFeeds(), streams, answers, stopping };
  jobEventsRoute(app, deps);
  queueEventsRoute(app, deps);
}
