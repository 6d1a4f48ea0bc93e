import type { AnswerLimit } from '../../requests/answer-limit.ts';
import type { ServedQueues } from '../served-queues.ts';
import type { OpenStreams } from './open-streams.ts';
import type { QueueFeeds } from './queue-feeds.ts';

/** What the routes of events are built from. */
export interface EventsDeps {
  readonly queues: ServedQueues;
  readonly feeds: QueueFeeds;
  readonly streams: OpenStreams;
  readonly answers: AnswerLimit;
  /** Fires when the service stops. */
  readonly stopping: AbortSignal;
}
