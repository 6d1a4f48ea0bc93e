import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { prefixFor } from './cpu-pinning.ts';

/** Milliseconds of the system's monotonic clock: the same in all processes of a machine, and never set. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export interface BenchProcessOptions {
  /** For error messages. */
  readonly name: string;
  readonly program: URL;
  readonly args: readonly string[];
  /** Runs it with Bun instead of Node. */
  readonly runtime?: { readonly bun: string };
  /** Runs it on these CPUs, as `taskset` writes them, and not on those of this process. */
  readonly cpus?: string;
}

/** Far above what any answer takes: a process that has not answered by then hangs. */
const ANSWER_TIMEOUT_MS = 60_000;

/** What such a process sends: that it is ready, and then one message for each request. */
type Message<Answer> =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly answer: Answer }
  | { readonly type: 'failed'; readonly error: string };

/** A program of the bench in a process of its own, which answers messages with messages and ends with ours. */
export class BenchProcess<Request extends object, Answer> implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  #errors = '';

  private constructor({ name, program, args, runtime, cpus }: BenchProcessOptions) {
    this.#name = name;
    const [execPath = '', ...execArgv] = [
      ...(cpus === undefined ? [] : prefixFor(cpus)),
      ...(runtime ? [runtime.bun] : [process.execPath, '-C', '@sluice/source', '--expose-gc']),
    ];
    this.#child = fork(fileURLToPath(program), [...args], {
      execPath,
      execArgv,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors = `${this.#errors}${String(chunk)}`.slice(-4_000)));
  }

  /** Resolves with its first message, once it is ready. Rejects, and leaves no process, when it never is. */
  static async start<Request extends object, Answer>(
    options: BenchProcessOptions,
  ): Promise<BenchProcess<Request, Answer>> {
    const started = new BenchProcess<Request, Answer>(options);
    try {
      await started.#next();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sends a request and resolves with the answer. Rejects when the request fails, or when the process ends or hangs. */
  async ask(request: Request): Promise<Answer> {
    const next = this.#next();
    this.#child.send(request);
    const message = await next;
    if (message.type === 'answer') return message.answer;
    throw new Error(`${this.#name}: ${message.type === 'failed' ? message.error : 'is ready again'}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGKILL'); // it holds nothing that anybody would miss
    await gone;
  }

  #next(): Promise<Message<Answer>> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#child.off('message', onMessage).off('exit', onEnd).off('error', onEnd);
        settle();
      };
      const fail = (what: string): void => end(() => reject(new Error(`${this.#name}: ${what}\n${this.#errors}`)));
      const onEnd = (): void => fail('its process ended');
      const onMessage = (message: unknown): void => end(() => resolve(message as Message<Answer>));
      const timer = setTimeout(() => fail(`no answer within ${ANSWER_TIMEOUT_MS} ms`), ANSWER_TIMEOUT_MS);
      this.#child.on('message', onMessage).on('exit', onEnd).on('error', onEnd);
    });
  }
}

/** The other end: answers each request of the process that started this one, and ends with it. */
export function serveParent<Request extends object, Answer>(answer: (request: Request) => Promise<Answer>): void {
  const send = (message: Message<Answer>): void => void process.send?.(message);
  process.once('disconnect', () => process.exit());
  process.on('message', (request: Request) => {
    void answer(request).then(
      (result) => send({ type: 'answer', answer: result }),
      (error: unknown) => send({ type: 'failed', error: error instanceof Error ? String(error.stack) : String(error) }),
    );
  });
  send({ type: 'ready' });
}

/** What a run cost the process that it ran in, as that process measured it. */
export interface ProcessCost {
  readonly elapsedMs: number;
  /** User and system time of the whole process with all its threads, garbage collection included. */
  readonly nodeCpuUs: number;
}

/** Runs something and measures what it cost this process. What earlier runs left in memory is collected first. */
export async function costOf(run: () => Promise<unknown>): Promise<ProcessCost> {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await run();
  const elapsedMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  return { elapsedMs, nodeCpuUs: user + system };
}
