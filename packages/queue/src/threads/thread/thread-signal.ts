import type { PoolPort } from './pool-port.ts';

/**
 * The signal of an attempt in a thread. Work that burns CPU gives the loop no turn, so the word of an abort would not arrive:
 * who looks at `aborted`, or calls `throwIfAborted`, asks the pool first and has the abort then and there.
 */
export function threadSignal(line: Pick<PoolPort, 'signal' | 'hearAbort'>): AbortSignal {
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
