import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface BenchProcessOptions {
  /** For error messages. */
  readonly name: string;
  readonly program: URL;
  readonly args: readonly string[];
}

/** Far above what any answer takes: whoever is not back by then hangs. */
const answerWithinMs = 60_000;

/** A program of the bench in a process of its own, which answers messages with messages and ends with ours. */
export class BenchProcess<Sent extends object, Answer> implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  #errors = '';

  private constructor({ name, program, args }: BenchProcessOptions) {
    this.#name = name;
    this.#child = fork(fileURLToPath(program), [...args], {
      execArgv: ['-C', '@sluice/source', '--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors = `${this.#errors}${String(chunk)}`.slice(-4_000)));
  }

  /** Resolves with its first message, once it is ready. Rejects, and leaves no process, when it never is. */
  static async start<Sent extends object, Answer>(options: BenchProcessOptions): Promise<BenchProcess<Sent, Answer>> {
    const started = new BenchProcess<Sent, Answer>(options);
    try {
      await started.#next();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sends a message and resolves with the next one from there. Rejects when the process ends or hangs. */
  async ask(message: Sent): Promise<Answer> {
    const answer = this.#next();
    this.#child.send(message);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGKILL'); // it holds nothing that anybody would miss
    await gone;
  }

  #next(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#child.off('message', onMessage).off('exit', onEnd).off('error', onEnd);
        settle();
      };
      const fail = (what: string): void => end(() => reject(new Error(`${this.#name}: ${what}\n${this.#errors}`)));
      const onEnd = (): void => fail('its process ended');
      const onMessage = (message: unknown): void => end(() => resolve(message as Answer));
      const timer = setTimeout(() => fail(`no answer within ${answerWithinMs} ms`), answerWithinMs);
      this.#child.on('message', onMessage).on('exit', onEnd).on('error', onEnd);
    });
  }
}
