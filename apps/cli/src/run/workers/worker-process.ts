import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface WorkerCommand {
  /** File URL of the worker's entry point. */
  entry: string;
  env: Readonly<Record<string, string>>;
}

export interface WorkerExit {
  /** Such as `exit code 1` or `SIGKILL`. */
  how: string;
  /** The process said that it takes jobs, at some time. */
  wasReady: boolean;
  lastLines: readonly string[];
  /** Why it could not even be started. */
  error?: Error;
}

const LAST_LINES_MAX = 20;
const LINE_MAX_CHARS = 500;

/** One worker process. It has a session of its own, so that Ctrl-C does not reach it, and a channel that ends with us. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];
  #ready = false;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<WorkerExit>;

  constructor({ entry, env }: WorkerCommand) {
    this.#child = spawn(process.execPath, [...conditionsFor(entry), fileURLToPath(entry)], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env,
    });
    this.#child.on('message', (message) => {
      if ((message as { type?: unknown }).type === 'ready') this.#ready = true;
    });
    this.#keepLines(this.#child.stdout);
    this.#keepLines(this.#child.stderr);
    this.exited = new Promise((resolve) => {
      // 'exit' may come before the last output, 'close' waits for it; a process that could not start has neither.
      this.#child.once('close', (code, signal) => resolve(this.#exit(signal ?? `exit code ${code}`)));
      this.#child.once('error', (error) => resolve({ ...this.#exit(error.message), error }));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  #exit(how: string): WorkerExit {
    return { how, wasReady: this.#ready, lastLines: this.#lastLines };
  }

  #keepLines(stream: Readable | null): void {
    if (!stream) return;
    createInterface({ input: stream }).on('line', (line) => {
      this.#lastLines.push(line.slice(0, LINE_MAX_CHARS));
      if (this.#lastLines.length > LAST_LINES_MAX) this.#lastLines.shift();
    });
  }
}

/** A worker that runs from its sources finds the other packages' sources too. */
function conditionsFor(entry: string): string[] {
  return entry.endsWith('.ts') ? ['-C', '@sluice/source'] : [];
}
