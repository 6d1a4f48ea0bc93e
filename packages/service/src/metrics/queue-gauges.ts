import type { CommonStats } from '@sluice/queue';
import { Gauge, type Registry } from 'prom-client';

type ReadStats = () => Promise<CommonStats>;

/** By the end of their names: what they are, and where they stand in the stats of a queue. */
const FIGURES: Record<string, readonly [help: string, read: (stats: CommonStats) => number]> = {
  depth: ['Unfinished jobs.', ({ depth }) => depth],
  capacity: ['The most unfinished jobs that the queue may hold.', ({ capacity }) => capacity],
  over: ['Jobs above the capacity.', ({ over }) => over],
  oldest_age_seconds: [
    'How long the job next in turn has waited for a worker; 0 when none waits.',
    ({ oldestMs }) => (oldestMs ?? 0) / 1_000,
  ],
  waiting_producers: ['Producers of all processes that wait for capacity.', ({ waiters }) => waiters.producers],
  waiting_puts: ['Puts of all processes that wait for capacity in Redis.', ({ waiters }) => waiters.puts],
  ready_jobs: ['Jobs that can be taken now.', ({ waiting, prioritized }) => waiting + prioritized],
  delayed_jobs: ['Jobs whose delay or backoff is not over.', ({ delayed }) => delayed],
  active_jobs: ['Jobs that a worker has.', ({ active }) => active],
  parent_jobs: ['Parents of flows that wait for their children.', ({ waitingChildren }) => waitingChildren],
  unserved_jobs: ['Jobs that a worker put aside because it could not run them.', ({ unserved }) => unserved],
  dead_jobs: ['Dead letters that are kept.', ({ dead }) => dead],
  dropped_jobs: ['Jobs that drop policies have dropped since the queue was made.', ({ dropped }) => dropped],
  pools: ['Pools of all processes that serve the queue.', ({ pools }) => pools],
  paused: ['1 while workers take no jobs.', ({ paused }) => Number(paused)],
  sealed: ['1 while the queue takes no puts.', ({ sealed }) => Number(sealed)],
};

/** A queue that is read, by any of those who can. */
interface ReadQueue {
  readonly readers: ReadStats[];
  reading: Promise<CommonStats | undefined> | undefined;
}

/**
 * The state of queues, read from Redis when a scrape asks for it: once for all gauges and for scrapes at the same time, and in a
 * bounded time. What could not be read is left out rather than shown as it was.
 */
export class QueueGauges {
  readonly #readMs: number;
  readonly #queues = new Map<string, ReadQueue>();
  readonly #gauges: readonly (readonly [Gauge<'queue'>, (stats: CommonStats) => number])[];
  readonly #up: Gauge<'queue'>;
  #refreshing: Promise<void> | undefined;

  constructor(register: Registry, readMs: number) {
    this.#readMs = readMs;
    const gauge = (end: string, help: string): Gauge<'queue'> =>
      new Gauge({
        name: `sluice_queue_${end}`,
        help,
        labelNames: ['queue'],
        registers: [register],
        // Each gauge waits, for whichever is asked first.
        collect: () => this.#refresh(),
      });
    this.#up = gauge('up', '1 when Redis answered for the queue at this scrape, 0 when it did not in time.');
    this.#gauges = Object.entries(FIGURES).map(([end, [help, read]]) => [gauge(end, help), read]);
  }

  observe(queue: string, read: ReadStats): () => void {
    const { readers } = this.#queues.get(queue) ?? this.#add(queue);
    readers.push(read);
    return () => {
      readers.splice(readers.indexOf(read), 1);
      if (readers.length > 0) return;
      this.#queues.delete(queue);
      this.#set(queue, undefined);
      this.#up.remove({ queue });
    };
  }

  #add(queue: string): ReadQueue {
    const added: ReadQueue = { readers: [], reading: undefined };
    this.#queues.set(queue, added);
    return added;
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#readAll().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #readAll(): Promise<void> {
    await Promise.all(
      [...this.#queues].map(async ([name, queue]) => {
        const stats = await endsWithin(readOnce(queue), this.#readMs);
        if (!this.#queues.has(name)) return;
        this.#up.set({ queue: name }, stats ? 1 : 0);
        this.#set(name, stats);
      }),
    );
  }

  #set(queue: string, stats: CommonStats | undefined): void {
    for (const [gauge, read] of this.#gauges) {
      if (stats) gauge.set({ queue }, read(stats));
      else gauge.remove({ queue });
    }
  }
}

/** A read that a scrape has given up is waited for by the next one, rather than made again. Never rejects. */
function readOnce(queue: ReadQueue): Promise<CommonStats | undefined> {
  queue.reading ??= readFirst([...queue.readers]).finally(() => (queue.reading = undefined));
  return queue.reading;
}

/** By the first that can: a pool may be stopped that the others outlive. */
async function readFirst([read, ...others]: readonly ReadStats[]): Promise<CommonStats | undefined> {
  if (!read) return undefined;
  try {
    return await read();
  } catch {
    return readFirst(others);
  }
}

async function endsWithin<T>(asked: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
