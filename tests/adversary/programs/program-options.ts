import type { ProgramOptions } from '../../bound/program-options.ts';

export interface BurstProgramOptions extends ProgramOptions {
  queueName: string;
  /** How long a call may take while Redis is away; the default when left out. */
  unavailableMs?: number;
  /** Makes the process's wall clock jump to and fro by up to an hour. */
  clockSeed?: number;
}

/** A message to a scripted producer. */
export type ProducerCommand =
  | { do: 'put'; tag: string; named: boolean; waitMs?: number }
  | { do: 'put-many'; tags: string[]; named: boolean }
  | { do: 'close' };

export interface ManyProducersOptions extends BurstProgramOptions {
  seed: number;
  producers: number;
  putsEach: number;
  /** Only puts that wait without limit. */
  waitsForEver: boolean;
}
