import { type AllQueues, connectProducer, type Producer } from '@sluice/queue';
import { defineJob, defineQueue, type JobContract, namePattern, nameRule } from '@sluice/queue/contracts';
import { NotFoundError, UsageError } from '../cli-errors.ts';
import { printable } from '../queues/printable.ts';
import { checkQueueName, openQueue } from '../queues/open-queues.ts';

/** Where jobs are put: a producer, and the contract that they are put with. */
export interface PutTarget {
  readonly producer: Producer<ReturnType<typeof defineQueue>>;
  readonly job: JobContract;
}

export interface GuestTarget {
  readonly queue: string;
  readonly job: string;
  readonly prefix: string;
  readonly redis: string;
  /** For a queue that Redis does not know, or that has none. */
  readonly capacity: number | undefined;
}

/** Takes any JSON. Its version is not stated by a guest. */
const anyJson: JobContract['payload'] = {
  '~standard': { version: 1, vendor: 'sluice-cli', validate: (value: unknown) => ({ value }) },
};

/** The longest that any contract may allow an attempt. */
const TIMEOUT_MAX_MS = 86_400_000;

/**
 * A queue that is known by its name alone: payloads go in as plain JSON, under the capacity that Redis has.
 *
 * @throws NotFoundError when Redis has no such queue, UsageError when it has no capacity, and none was given
 */
export async function connectAsGuest(queues: AllQueues, target: GuestTarget): Promise<PutTarget> {
  const { queue: name, prefix, redis } = target;
  if (!namePattern.test(target.job)) {
    throw new UsageError(
      `the name of a job is ${nameRule}, not ${printable(JSON.stringify(target.job.slice(0, 100)))}`,
    );
  }
  const capacity = await capacityOf(queues, target);
  const job = defineJob({ name: target.job, payload: anyJson, result: anyJson, timeoutMaxMs: TIMEOUT_MAX_MS });
  const queue = defineQueue({ name, prefix, capacity, jobs: [job] });
  return { producer: await connectProducer(queue, { redis, asGuest: true }), job };
}

async function capacityOf(queues: AllQueues, { queue: name, capacity }: GuestTarget): Promise<number> {
  const queue =
    capacity === undefined ? await openQueue(queues, name).catch(withHint) : queues.get(checkQueueName(name));
  const known = (await queue.stats()).capacity ?? capacity;
  if (known !== undefined) return known;
  throw new UsageError(`Redis knows no capacity of ${name}: give one with --capacity`);
}

function withHint(error: unknown): never {
  if (!(error instanceof NotFoundError)) throw error;
  throw new NotFoundError(`${error.message}. To make one, give its --capacity`, { cause: error });
}
