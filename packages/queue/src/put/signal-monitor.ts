import type { PendingPut } from './pending-put.ts';

interface Monitored {
  readonly puts: Set<PendingPut>;
  readonly onAbort: () => void;
}

/** Watches the signals that call puts off: one listener for each signal, however many puts share it, and while they do. */
export class SignalMonitor {
  readonly #callOff: (puts: readonly PendingPut[]) => void;
  readonly #monitored = new Map<AbortSignal, Monitored>();

  /** @param callOff gets all puts of a signal at once: of those, none may be sent in another's place */
  constructor(callOff: (puts: readonly PendingPut[]) => void) {
    this.#callOff = callOff;
  }

  add(put: PendingPut): void {
    if (!put.signal) return;
    const monitored = this.#monitored.get(put.signal) ?? this.#listen(put.signal);
    monitored.puts.add(put);
  }

  /** The put is settled: its signal means nothing to it any more. */
  remove(put: PendingPut): void {
    const monitored = put.signal && this.#monitored.get(put.signal);
    if (!put.signal || !monitored?.puts.delete(put) || monitored.puts.size > 0) return;
    put.signal.removeEventListener('abort', monitored.onAbort);
    this.#monitored.delete(put.signal);
  }

  #listen(signal: AbortSignal): Monitored {
    const puts = new Set<PendingPut>();
    const onAbort = (): void => this.#callOff([...puts]);
    const monitored = { puts, onAbort };
    this.#monitored.set(signal, monitored);
    signal.addEventListener('abort', onAbort);
    return monitored;
  }
}
