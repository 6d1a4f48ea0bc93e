import { type ChildProcess, type Serializable, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killWorker } from '@sluice/testing/faults';
import type { HistoryRecorder } from '@sluice/testing/history';
import type { ProgramOptions } from './program-options.ts';

/** A program in a process of its own. */
export interface RunningProgram {
  readonly name: string;
  readonly alive: boolean;
  /** Resolves with the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** What it wrote to stderr. */
  errors(): string;
  /** kill -9; recorded in the history once it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  end(): Promise<void>;
  /** Sends it a message. */
  send(message: Serializable): void;
  /** The messages that it has sent to this process. */
  messages(): readonly unknown[];
  /** SIGSTOP. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

/** Starts programs. Disposing of it ends those that still run. */
export class Processes implements AsyncDisposable {
  /** Rejects when a program that was not killed ends with a code other than 0. */
  readonly crashed: Promise<never>;
  readonly #crash: (error: Error) => void;
  readonly #history: HistoryRecorder;
  readonly #folder: URL;
  readonly #started: RunningProgram[] = [];

  /** @param folder where the programs are; default: here */
  constructor(history: HistoryRecorder, folder = new URL('./', import.meta.url)) {
    this.#history = history;
    this.#folder = folder;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // a rejection without a listener must not end this process
    this.crashed = promise;
    this.#crash = reject;
  }

  start(program: string, options: ProgramOptions): RunningProgram {
    const file = fileURLToPath(new URL(`./${program}.ts`, this.#folder));
    const child = spawn(process.execPath, ['-C', '@sluice/source', file, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const running = describeChild(options.name, child, this.#history);
    this.#started.push(running);
    void running.ended.then((code) => {
      if (code) this.#crash(new Error(`${options.name} ended with code ${code}:\n${running.errors()}`));
    });
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.filter(({ alive }) => alive).map((program) => program.kill()));
  }
}

function describeChild(name: string, child: ChildProcess, history: HistoryRecorder): RunningProgram {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += String(chunk)));
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return {
    name,
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    ended,
    errors: () => errors,
    kill: async () => {
      await killWorker(child);
      history.record({ type: 'killed', process: name });
    },
    end: async () => {
      child.kill('SIGTERM');
      await ended;
    },
    send: (message) => void child.send(message),
    messages: () => messages,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}
