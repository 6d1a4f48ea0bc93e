import { SluiceError } from './sluice-error.ts';

/** What is wrong with one option. */
export interface OptionProblem {
  /** Its path, such as `retry.backoff.delayMs`. */
  readonly option: string;
  /** What was given, as text. */
  readonly given: string;
  /** What it must, in words: `be a whole number from 1 to 1,000`. */
  readonly must: string;
  /** All of that in one sentence; of an unknown option with the one that was meant. */
  readonly message: string;
}

/** A call was given an option that is out of its range, or that it does not know. Nothing was done. */
export class OptionError extends SluiceError {
  static override readonly name = 'OptionError';
  readonly code = 'SLUICE_OPTION';
  /** Every option that is wrong. */
  readonly problems: readonly OptionProblem[];

  constructor(message: string, problems: readonly OptionProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}
