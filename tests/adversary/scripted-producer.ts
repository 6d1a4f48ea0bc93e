import type { RunningProgram } from '../bound/processes.ts';
import type { ProducerOrder } from './programs/program-options.ts';

/** A producer in another process, that puts when it is told to, once it is ready. */
export class ScriptedProducer {
  readonly program: RunningProgram;

  constructor(program: RunningProgram) {
    this.program = program;
  }

  /** It is connected, and listens. */
  get isReady(): boolean {
    return this.program.said().includes('ready');
  }

  put(tag: string, options: { named?: boolean; waitMs?: number } = {}): void {
    this.#order({
      do: 'put',
      tag,
      named: options.named ?? false,
      ...(options.waitMs === undefined ? {} : { waitMs: options.waitMs }),
    });
  }

  putMany(tags: string[], named: boolean): void {
    this.#order({ do: 'put-many', tags, named });
  }

  /** It has been told to close, and does. */
  get closing(): boolean {
    return this.program.said().includes('closing');
  }

  close(): void {
    this.#order({ do: 'close' });
  }

  #order(order: ProducerOrder): void {
    this.program.say(order);
  }
}
