import type { RunningProgram } from '../bound/processes.ts';
import type { ProducerCommand } from './programs/program-options.ts';

/** A producer in another process. Once it is ready, it performs the commands it is sent. */
export class ScriptedProducer {
  readonly program: RunningProgram;

  constructor(program: RunningProgram) {
    this.program = program;
  }

  /** It is connected, and accepts commands. */
  get isReady(): boolean {
    return this.program.messages().includes('ready');
  }

  put(tag: string, options: { named?: boolean; waitMs?: number } = {}): void {
    this.#send({
      do: 'put',
      tag,
      named: options.named ?? false,
      ...(options.waitMs === undefined ? {} : { waitMs: options.waitMs }),
    });
  }

  putMany(tags: string[], named: boolean): void {
    this.#send({ do: 'put-many', tags, named });
  }

  /** It has begun to close. */
  get closing(): boolean {
    return this.program.messages().includes('closing');
  }

  close(): void {
    this.#send({ do: 'close' });
  }

  #send(command: ProducerCommand): void {
    this.program.send(command);
  }
}
