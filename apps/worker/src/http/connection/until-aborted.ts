/**
 * A promise that also ends when the signal does, with its reason. The work itself may take longer to notice: undici,
 * for one, looks at the signal of a request that waits for its connection only once it has it.
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => {});
    aborted.promise.catch(() => {});
  }
}
