import { isNativeError } from 'node:util/types';
import type { Attempt } from '../../job/handler/attempt.ts';
import type { PlainBatchHandler } from '../../job/handler/handler-registry.ts';
import { BatchResultError } from '../../job/errors/index.ts';
import type { CallCount, HandlerRun } from '../handler-run.ts';

/** An attempt whose run has begun, and the promise that its run waits for. */
interface Member {
  readonly attempt: Attempt;
  readonly run: Pick<HandlerRun, 'isSettled'>;
  readonly returned: PromiseWithResolvers<unknown>;
}

/**
 * One call of a batch handler. Each of its attempts has a run of its own, which ends by the attempt's part of what the call came to, or
 * before that: by an ack method, the deadline or whatever else ends a run.
 *
 * ```
 *   expected: 3 ──► enter, enter, leave (expired meanwhile) ──► the handler gets two attempts ──► each run has its part
 * ```
 */
export class BatchCall implements CallCount {
  /** How many of its attempts were given up while the handler goes on. */
  abandoned = 0;
  readonly #handler: PlainBatchHandler;
  readonly #members: Member[] = [];
  readonly #controller = new AbortController();
  #expected: number;
  #aborted = 0;

  /** @param expected how many attempts will enter or leave, all of them soon */
  constructor(handler: PlainBatchHandler, expected: number) {
    this.#handler = handler;
    this.#expected = expected;
  }

  /** The attempt's run has begun. @returns what the handler returns for it; rejects with what it fails this attempt with */
  enter(attempt: Attempt, run: Pick<HandlerRun, 'isSettled'>): Promise<unknown> {
    const returned = Promise.withResolvers<unknown>();
    this.#members.push({ attempt, run, returned });
    attempt.signal.addEventListener('abort', () => this.#noteAbort(attempt.signal), { once: true });
    this.#arrive();
    return returned.promise;
  }

  /** The attempt came to its outcome before its run could begin. */
  leave(): void {
    this.#arrive();
  }

  #arrive(): void {
    this.#expected -= 1;
    if (this.#expected === 0 && this.#members.length > 0) void this.#run();
  }

  #noteAbort({ reason }: AbortSignal): void {
    this.#aborted += 1;
    if (this.#aborted === this.#members.length) this.#controller.abort(reason);
  }

  async #run(): Promise<void> {
    // Frozen: the entries of what it returns are told apart by their position.
    const attempts = Object.freeze(this.#members.map(({ attempt }) => attempt));
    try {
      this.#end(await this.#handler.handleBatch(attempts as readonly never[], { signal: this.#controller.signal }));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** In one turn of the event loop, so that what is completed is written by one script. */
  #end(results: unknown): void {
    const count = this.#members.length;
    if (results !== undefined && !(Array.isArray(results) && results.length === count))
      return this.#fail(new BatchResultError(this.#handler.contract.name, count, results));
    for (const [index, { returned }] of this.#members.entries()) {
      const result: unknown = results?.[index];
      if (isError(result)) returned.reject(result);
      else returned.resolve(result);
    }
  }

  /** Attempts that have ended are not concerned; when all have, the error is reported once. */
  #fail(error: unknown): void {
    const open = this.#members.filter(({ run }) => !run.isSettled);
    const [reporter] = this.#members;
    for (const member of this.#members) {
      const isConcerned = open.length > 0 ? !member.run.isSettled : member === reporter;
      if (isConcerned) member.returned.reject(error);
      else member.returned.resolve(undefined);
    }
  }
}

/** Of another realm, too: a test runner may have one of its own. */
function isError(value: unknown): boolean {
  return value instanceof Error || isNativeError(value);
}
