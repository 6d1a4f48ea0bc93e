import type { Receipt } from '@sluice/queue';
import { type Problem } from '../problems/error-responses.ts';
import { problemOf } from '../problems/problem-of.ts';
import { HeaderInvalidError } from '../problems/request-errors.ts';
import type { KeysInProgress } from '../requests/keys-in-progress.ts';
import { type PutIdentity, type PutRequest, readPutOfMany } from '../requests/put-request.ts';
import { explainShare, type PutWait } from './put-wait.ts';
import type { ServedQueue } from './served-queues.ts';

/** Puts one job. What a full queue does is the queue's policy alone: whose jobs may be dropped is not for a stranger to say. */
export function enqueue(
  { queue, producer }: ServedQueue,
  { contract, payload, options }: PutRequest,
  wait: PutWait,
): Promise<Receipt> {
  const { waitMs, signal } = wait;
  if (waitMs > 0) return producer.put(contract, payload, { ...options, waitMs, signal });
  // A queue that drops jobs does so for a put from here, too; it never waits.
  const drops = queue.whenFull.startsWith('drop-');
  return explainShare(producer[drops ? 'put' : 'tryPut'](contract, payload, { ...options, signal }), wait);
}

/** What became of one of many puts. */
export type PutAnswer = { readonly receipt: Receipt } | { readonly problem: Problem };

/** Of each of many puts, not all that is wrong with it is said. */
const ERRORS_MOST = 20;

/**
 * Puts one of many, as its body says. Never rejects, as the others have nothing to do with what is wrong with this one. What is put
 * before anything is awaited goes to Redis together.
 *
 * @param read the body; what it throws is this put's problem, too
 */
export async function enqueueOneOf(
  served: ServedQueue,
  read: () => unknown,
  { identity, wait, keys, onError }: OneOfMany,
): Promise<PutAnswer> {
  try {
    return { receipt: await enqueueKeyed(served, readPutOfMany(served.queue, read(), identity), { keys, wait }) };
  } catch (error) {
    onError(error);
    const { problem } = problemOf(error);
    return { problem: problem.errors ? { ...problem, errors: problem.errors.slice(0, ERRORS_MOST) } : problem };
  }
}

/** Afterwards nothing here holds the payload: a thousand may wait, and the producer keeps each as JSON. */
export function enqueueKeyed(
  served: ServedQueue,
  put: PutRequest,
  { keys, wait }: Pick<OneOfMany, 'keys' | 'wait'>,
): Promise<Receipt> {
  const { id } = put.options;
  const begin = (): Promise<Receipt> => enqueue(served, put, wait);
  return put.hasKey && id !== undefined ? keys.run({ queue: served.queue.name, id }, begin) : begin();
}

export interface OneOfMany {
  readonly identity: Pick<PutIdentity, 'sluiceClient'>;
  readonly wait: PutWait;
  readonly keys: KeysInProgress;
  /** Called with the errors that become problems. */
  readonly onError: (error: unknown) => void;
}

/**
 * Who puts many. An `Idempotency-Key` cannot name them all.
 *
 * @throws HeaderInvalidError
 */
export function identityOfMany({ headers, sluiceClient }: PutIdentity): Pick<PutIdentity, 'sluiceClient'> {
  if (headers['idempotency-key'] !== undefined)
    throw new HeaderInvalidError('Idempotency-Key names one put; give each job an idempotencyKey instead');
  return { sluiceClient };
}
