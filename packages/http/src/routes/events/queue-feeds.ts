import type { ServedQueue } from '../served-queues.ts';
import { JobSteps } from './job-steps.ts';
import { QueueStatsFeed } from './queue-stats.ts';

/** What all streams of a queue share. */
export interface QueueFeed {
  readonly steps: JobSteps;
  readonly stats: QueueStatsFeed;
}

/** The feeds of the queues that are served, each made when it is first asked for. */
export class QueueFeeds {
  readonly #feeds = new Map<ServedQueue, QueueFeed>();

  of(served: ServedQueue): QueueFeed {
    const known = this.#feeds.get(served);
    if (known) return known;
    const steps = new JobSteps(served.producer);
    const feed = { steps, stats: new QueueStatsFeed({ served, cursor: () => steps.cursor }) };
    this.#feeds.set(served, feed);
    return feed;
  }
}
