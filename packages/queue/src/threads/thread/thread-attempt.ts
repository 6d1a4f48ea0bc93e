import { LeaseLostError } from '../../job/errors/index.ts';
import { relayLogger } from '../../job/logging/relay-logger.ts';
import { type ChildRecord, childOutcomes } from '../../job/handler/child-outcome.ts';
import type { JobContract } from '../../job/contracts/job-contract.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import { progressAsJson } from '../../job/progress-json.ts';
import type { PoolPort } from './pool-port.ts';
import type { RunMessage } from '../shared/thread-messages.ts';

/** What a handler in a thread gets, but for the payload, and the means to take it away again. */
export interface ThreadAttempt {
  readonly attempt: Omit<Attempt, 'payload'>;
  /** From now on the methods refuse. */
  close(): void;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** Builds the attempt on the thread's side: the data as it is, and methods that are calls into the pool. */
export function openThreadAttempt({ data, methods, logLevel }: RunMessage, line: PoolPort): ThreadAttempt {
  let open = true;
  const remote = (name: string): Method => {
    const call = async (...args: unknown[]): Promise<unknown> => {
      if (!open) throw new LeaseLostError(String(data['id']));
      return line.call(name, name === 'progress' ? [JSON.parse(progressAsJson(args[0]))] : args);
    };
    return (...args) => {
      const called = call(...args);
      called.catch(() => undefined); // it need not be awaited: a refusal must not end the thread
      return called;
    };
  };
  const fields = {
    ...data,
    ...Object.fromEntries(methods.map((name) => [name, remote(name)])),
    children: async (job: JobContract) => childOutcomes(job, (await remote('childRecords')()) as ChildRecord[]),
    signal: threadSignal(line),
    log: relayLogger(logLevel, (text) => line.log(text)),
  };
  return { attempt: fields as unknown as ThreadAttempt['attempt'], close: () => void (open = false) };
}

/**
 * The signal of an attempt in a thread. Work that burns CPU gives the loop no turn, so the message of an abort would not arrive:
 * who looks at `aborted`, or calls `throwIfAborted`, asks the pool first and has the abort then and there.
 */
function threadSignal(line: Pick<PoolPort, 'signal' | 'hearAbort'>): AbortSignal {
  const { signal } = line;
  const own = Object.getOwnPropertyDescriptors(AbortSignal.prototype);
  const hasArrived = (): boolean => own.aborted.get?.call(signal) === true;
  const isAborted = (): boolean => hasArrived() || (line.hearAbort() && hasArrived());
  return Object.defineProperties(signal, {
    aborted: { get: isAborted },
    reason: { get: () => (isAborted() ? (own.reason.get?.call(signal) as unknown) : undefined) },
    throwIfAborted: {
      value: () => {
        if (isAborted()) throw signal.reason;
      },
    },
  });
}
