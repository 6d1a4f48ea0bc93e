import { BenchProcess } from '../bench-process.ts';

/** What a process of waiting producers is started with. */
export interface WaiterOptions {
  readonly socketPath: string;
  readonly capacity: number;
  /** How many puts of this process wait at once; each is followed by the next. */
  readonly waiters: number;
}

/** A put that got in. Times are {@link monotonicMs}. */
export interface Admission {
  readonly id: string;
  readonly calledAtMs: number;
  readonly admittedAtMs: number;
  /** Unfinished jobs right after it, counted in the same atomic run. */
  readonly depth: number;
}

export interface WaiterAccount {
  readonly admissions: readonly Admission[];
  /** When those who still waited at the end had called. */
  readonly stillWaiting: readonly number[];
}

export interface WaiterGroupOptions extends WaiterOptions {
  readonly processes: number;
}

const end = { type: 'end' } as const;

/** Waiting producers, spread evenly over processes. */
export class WaiterGroup implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #processes: BenchProcess<typeof end, WaiterAccount>[] = [];

  /** Resolves when all have called their first put. */
  static async start({ processes, waiters, ...options }: WaiterGroupOptions): Promise<WaiterGroup> {
    await using stack = new AsyncDisposableStack();
    const group = stack.use(new WaiterGroup());
    await Promise.all(
      Array.from({ length: processes }, (_, index) => {
        const share = Math.floor((waiters + index) / processes);
        return group.#add({ ...options, waiters: share });
      }),
    );
    stack.move();
    return group;
  }

  /** Ends all of them and resolves with what they have seen. */
  async end(): Promise<WaiterAccount> {
    const accounts = await Promise.all(this.#processes.map((process) => process.ask(end)));
    return {
      admissions: accounts.flatMap(({ admissions }) => admissions),
      stillWaiting: accounts.flatMap(({ stillWaiting }) => stillWaiting),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #add(options: WaiterOptions): Promise<void> {
    const program = new URL('waiter-program.ts', import.meta.url);
    const args = [JSON.stringify(options)];
    this.#processes.push(this.#stack.use(await BenchProcess.start({ name: 'waiters', program, args })));
  }
}
