import type { RunState } from '../state/run-state.ts';

/** Where results go: a file or a pipe. */
export interface ResultSink {
  /** Resolves when the bytes are with the operating system. Calls do not overlap. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves when all is as safe as it can be. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** An output that is written only by the owner of its run: one that stood still finds out before it writes. */
export class OwnedSink implements ResultSink {
  readonly #sink: ResultSink;
  readonly #state: Pick<RunState, 'confirm'>;

  constructor(sink: ResultSink, state: Pick<RunState, 'confirm'>) {
    this.#sink = sink;
    this.#state = state;
  }

  async write(bytes: Buffer): Promise<void> {
    await this.#state.confirm();
    await this.#sink.write(bytes);
  }

  finish(): Promise<void> {
    return this.#sink.finish();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}
