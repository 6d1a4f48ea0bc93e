import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type HistoryRecorder, killWorker } from '@sluice/testing';
import type { ProgramOptions } from './program-options.ts';

/** A program of this folder in a process of its own. */
export interface RunningProgram {
  readonly name: string;
  readonly alive: boolean;
  /** Resolves with the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** What it wrote to stderr. */
  errors(): string;
  /** kill -9; told to the history once it is gone. */
  kill(): Promise<void>;
  /** Asks it to end in its own way, and waits. */
  end(): Promise<void>;
}

/** Starts programs, and ends those that are left when it is disposed of. */
export class Processes implements AsyncDisposable {
  /** Rejects when a program ends with another code than 0 that nobody killed. */
  readonly crashed: Promise<never>;
  readonly #crash: (error: Error) => void;
  readonly #history: HistoryRecorder;
  readonly #started: RunningProgram[] = [];

  constructor(history: HistoryRecorder) {
    this.#history = history;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // it matters only to who waits for it
    this.crashed = promise;
    this.#crash = reject;
  }

  start(program: string, options: ProgramOptions): RunningProgram {
    const file = fileURLToPath(new URL(`./${program}.ts`, import.meta.url));
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
  };
}
