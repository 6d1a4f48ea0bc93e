/** Ends when the signal aborts, also while the source has nothing to give: then nobody waits for it any more. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  while (!signal.aborted) {
    const result = await unlessAborted(iterator.next(), signal);
    if (result === null || result.done) return;
    yield result.value;
  }
}

/**
 * What a promise resolves with; null when the signal aborts before. A race with one promise for all would keep something of each
 * call for as long as that promise is pending.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise: first, resolve, reject } = Promise.withResolvers<T | null>();
  const abort = (): void => resolve(null);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  promise.then(resolve, reject);
  try {
    return await first;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
