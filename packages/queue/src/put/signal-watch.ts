import type { PendingPut } from './pending-put.ts';

interface Watched {
  readonly puts: Set<PendingPut>;
  readonly onAbort: () => void;
}

/** Watches the signals that call puts off: one listener for each signal, however many puts share it, and while they do. */
export class SignalWatch {
  readonly #callOff: (puts: readonly PendingPut[]) => void;
  readonly #watched = new Map<AbortSignal, Watched>();

  /** @param callOff gets all puts of a signal at once: of those, none may be sent in another's place */
  constructor(callOff: (puts: readonly PendingPut[]) => void) {
    this.#callOff = callOff;
  }

  add(put: PendingPut): void {
    if (!put.signal) return;
    const watched = this.#watched.get(put.signal) ?? this.#watch(put.signal);
    watched.puts.add(put);
  }

  /** The put is settled: its signal means nothing to it any more. */
  remove(put: PendingPut): void {
    const watched = put.signal && this.#watched.get(put.signal);
    if (!put.signal || !watched?.puts.delete(put) || watched.puts.size > 0) return;
    put.signal.removeEventListener('abort', watched.onAbort);
    this.#watched.delete(put.signal);
  }

  #watch(signal: AbortSignal): Watched {
    const puts = new Set<PendingPut>();
    const onAbort = (): void => this.#callOff([...puts]);
    const watched = { puts, onAbort };
    this.#watched.set(signal, watched);
    signal.addEventListener('abort', onAbort);
    return watched;
  }
}
