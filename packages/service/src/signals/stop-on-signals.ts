import { constants } from 'node:os';

/** The signals that ask a process to stop. SIGINT is Ctrl-C, SIGTERM what runs services sends, SIGHUP a terminal that is gone. */
export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** What is used of the process, so that a test can replace it. */
export interface SignalHost {
  on(event: string, listener: () => void): unknown;
  exit(code: number): void;
}

export interface StopOnSignalsOptions {
  signals: readonly StopSignal[];
  /** Called with the first signal: stop in good order. */
  onFirst: (signal: StopSignal) => void;
  /** Called before a second signal ends the process, with its exit code. Default: nothing. */
  onSecond?: (exitCode: number) => void;
  /** The exit code after a second signal. Default: 128 + the signal's number. */
  secondExitCode?: number;
}

export interface StopRequest {
  /** Aborted by the first signal, or by `make`. */
  readonly asked: AbortSignal;
  /** The process was asked to stop by something else than a signal: the next signal counts as the second. */
  make(): void;
}

/** The first signal asks the process to stop in good order; the second, of any kind, ends it at once. */
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
  // The listeners stay until the process is gone: a second signal must never count as a first.
  for (const signal of signals) host.on(signal, () => onSignal(signal));
  return { asked: asked.signal, make: () => asked.abort() };
}
