import type { Receipt } from '@sluice/queue';
import { type Problem } from '../problems/error-responses.ts';
import { problemOf } from '../problems/problem-of.ts';
import { HeaderInvalidError } from '../problems/request-errors.ts';
import { type PutIdentity, type PutRequest, readPutRequest } from '../requests/put-request.ts';
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
  { identity, wait, onError }: OneOfMany,
): Promise<PutAnswer> {
  try {
    return { receipt: await enqueue(served, readPutRequest(served.queue, read(), identity), wait) };
  } catch (error) {
    onError(error);
    const { problem } = problemOf(error);
    return { problem: problem.errors ? { ...problem, errors: problem.errors.slice(0, ERRORS_MOST) } : problem };
  }
}

export interface OneOfMany {
  readonly identity: PutIdentity;
  readonly wait: PutWait;
  /** Called with the errors that become problems. */
  readonly onError: (error: unknown) => void;
}

/**
 * Who puts many. An `Idempotency-Key` cannot name them all.
 *
 * @throws HeaderInvalidError
 */
export function identityOfMany({ headers, sluiceClient }: PutIdentity): PutIdentity {
  if (headers['idempotency-key'] !== undefined)
    throw new HeaderInvalidError('Idempotency-Key names one put; give each job an id instead');
  return { headers: {}, sluiceClient };
}
