import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type FlakyProxy, flakyProxy, killWorker } from '@sluice/testing/faults';
import type { HistoryRecorder } from '@sluice/testing/history';
import { finish, type ProgramOptions } from '../programs/program-options.ts';

export interface ManagedProcessOptions {
  name: string;
  program: 'producer-program' | 'worker-program' | 'operator-program';
  seed: number;
  redisUrl: string;
  historyFile: string;
  history: HistoryRecorder;
  /** Called when a process ends by itself with a code other than 0. */
  onCrash: (story: string) => void;
}

/** Runs one process after another under one name. Each connects to Redis through a proxy that can break. */
export class ManagedProcess implements AsyncDisposable {
  readonly proxy: FlakyProxy;
  readonly #options: ManagedProcessOptions;
  #life = 0;
  #child: ChildProcess | null = null;

  private constructor(options: ManagedProcessOptions, proxy: FlakyProxy) {
    this.#options = options;
    this.proxy = proxy;
  }

  /** Starts the first process. */
  static async start(options: ManagedProcessOptions): Promise<ManagedProcess> {
    const managed = new ManagedProcess(options, await flakyProxy(options.redisUrl));
    managed.startNext();
    return managed;
  }

  get name(): string {
    return this.#options.name;
  }

  /** The name of the process that runs, or ran last. */
  get process(): string {
    return `${this.name}.${this.#life}`;
  }

  /** Starts the next process. */
  startNext(): void {
    const { program, name, seed, historyFile } = this.#options;
    this.#life += 1;
    const options: ProgramOptions = {
      name: this.process,
      managed: name,
      life: this.#life,
      seed,
      url: this.proxy.url,
      historyFile,
    };
    const file = fileURLToPath(new URL(`../programs/${program}.ts`, import.meta.url));
    const child = fork(file, [JSON.stringify(options)], {
      execArgv: ['-C', '@sluice/source'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true, // its own session: Ctrl-C reaches the parent only, which then ends its children in order
    });
    this.#child = child;
    this.#watch(child, this.process);
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** kill -9. Resolves when the process is gone and the history has recorded it. */
  async kill(): Promise<void> {
    if (this.#child) await killWorker(this.#child);
  }

  /** SIGTERM, and kill -9 if it has not ended in time. */
  async exit(withinMs: number): Promise<void> {
    await this.#end(() => this.#child?.kill('SIGTERM'), withinMs);
  }

  /** Asks a producer to put no more, and to end when all its puts have ended. */
  async finish(withinMs: number): Promise<void> {
    await this.#end(() => this.#child?.send(finish, () => undefined), withinMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.proxy.close();
  }

  async #end(ask: () => void, withinMs: number): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    ask();
    const late = setTimeout(() => child.kill('SIGKILL'), withinMs);
    await gone;
    clearTimeout(late);
  }

  #watch(child: ChildProcess, name: string): void {
    const { history, onCrash } = this.#options;
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors = `${errors}${String(chunk)}`.slice(-4_000)));
    child.once('exit', (code) => {
      history.record({ type: 'killed', process: name });
      if (code) onCrash(`${name} ended by itself with code ${code}:\n${errors}`);
    });
  }
}
