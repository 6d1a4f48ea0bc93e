import { constants } from 'node:os';

/** The signals that ask a process to stop. SIGINT is Ctrl-C, SIGTERM comes from service managers, SIGHUP from a closed terminal. */
export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** The parts of `process` that are used, so that a test can replace them. */
export interface SignalHost {
  /** As of `process`. */
  on(event: string, listener: () => void): unknown;
  /** As of `process`. Used by `release` alone. */
  off?(event: string, listener: () => void): unknown;
  /** As of `process`. */
  exit(code: number): void;
}

export interface StopOnSignalsOptions {
  /** Which signals to listen for. */
  signals: readonly StopSignal[];
  /** Called with the first signal, to stop gracefully. */
  onFirst: (signal: StopSignal) => void;
  /**
   * Called before a second signal ends the process, with its exit code.
   *
   * @default nothing
   */
  onSecond?: (exitCode: number) => void;
  /**
   * The exit code after a second signal.
   *
   * @default 128 + the signal's number
   */
  secondExitCode?: number;
}

/** Whether the process was asked to stop. */
export interface StopRequest {
  /** Aborted by the first signal, or by `make`. */
  readonly asked: AbortSignal;
  /** Call it when something other than a signal stops the process: the next signal then counts as the second. */
  make(): void;
  /** Stops listening: another part of the program now answers signals. */
  release(): void;
}

/** The first signal asks the process to stop gracefully. The second, of any kind, ends it at once. */
export function stopOnSignals(host: SignalHost, options: StopOnSignalsOptions): StopRequest {
  const { signals, onFirst, onSecond, secondExitCode } = options;
  const asked = new AbortController();
  const onSignal = (signal: StopSignal): void => {
    if (asked.signal.aborted) {
      const exitCode = secondExitCode ?? 128 + constants.signals[signal];
      onSecond?.(exitCode);
      return host.exit(exitCode);
    }
    asked.abort();
    onFirst(signal);
  };
  // Unless released, the listeners stay until the process is gone: a second signal must never count as a first.
  const listeners = signals.map((signal) => ({ signal, listener: () => onSignal(signal) }));
  for (const { signal, listener } of listeners) host.on(signal, listener);
  const release = (): void => {
    for (const { signal, listener } of listeners) host.off?.(signal, listener);
  };
  return { asked: asked.signal, make: () => asked.abort(), release };
}
