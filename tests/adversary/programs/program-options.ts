import type { ProgramOptions } from '../../bound/program-options.ts';

export interface BurstProgramOptions extends ProgramOptions {
  queueName: string;
  /** How long a call may take while Redis is away; the default when left out. */
  unavailableMs?: number;
  /** Makes the process's wall clock jump to and fro by up to an hour. */
  clockSeed?: number;
}

/** A producer that does what it is told by messages. */
export type ProducerOrder =
  | { do: 'put'; tag: string; named: boolean; waitMs?: number }
  | { do: 'put-many'; tags: string[]; named: boolean }
  | { do: 'close' };

export interface ManyProducersOptions extends BurstProgramOptions {
  seed: number;
  producers: number;
  putsEach: number;
  /** Only puts that wait as long as it takes. */
  patient: boolean;
}
