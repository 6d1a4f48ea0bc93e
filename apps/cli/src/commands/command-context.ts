import type { Logger } from '@sluice/queue/logging';

/** What a command gets from the process that it runs in. */
export interface CommandContext {
  env: Readonly<Record<string, string | undefined>>;
  /** The arguments behind `sluice`. */
  args: readonly string[];
  stdin: NodeJS.ReadableStream;
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  log: Logger;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. The second ends the process. */
  interrupted: AbortSignal;
  /** Leaves signals to the command, which runs a program with signals of its own. */
  releaseSignals(): void;
  /** Says what is printed when a second signal ends the process. */
  onSecondSignal(say: () => string): void;
  /** Says what is printed after the message of an error that ends the command; nothing when it gives an empty string. */
  onFailure(say: (error: unknown) => string): void;
  /** How the process is to end when the command is over. */
  exitWith(code: number): void;
}
