import { PutConflictError } from '@sluice/queue/contracts';
import { KeyInProgressError, KeyReusedError } from '../problems/request-errors.ts';

/** An `Idempotency-Key` as the queue knows it. */
export interface PutKey {
  readonly queue: string;
  /** The job's id. */
  readonly id: string;
}

/** The keys of the puts that this process has not answered yet. What was answered is for the queue to know. */
export class KeysInProgress {
  readonly #keys = new Set<string>();

  /**
   * Begins the put of a key, which is in progress until that has ended.
   *
   * @throws KeyInProgressError; rejects with KeyReusedError where the key was used for another payload
   */
  run<T>({ queue, id }: PutKey, begin: () => Promise<T>): Promise<T> {
    const key = `${queue}\n${id}`;
    if (this.#keys.has(key)) throw new KeyInProgressError();
    this.#keys.add(key);
    return this.#ended(begin(), key, id);
  }

  /** It gets no function, which would hold the payload as well as its JSON for as long as the put takes. */
  async #ended<T>(put: Promise<T>, key: string, id: string): Promise<T> {
    try {
      return await put;
    } catch (error) {
      // Of a flow, the id of another of its jobs may be the one that is taken.
      if (error instanceof PutConflictError && error.jobId === id) throw new KeyReusedError(error);
      throw error;
    } finally {
      this.#keys.delete(key);
    }
  }
}
