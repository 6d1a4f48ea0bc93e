import type { OptionProblem } from './option-errors.ts';
import { SluiceError } from './sluice-error.ts';

export interface RedisUnavailableOptions extends ErrorOptions {
  /**
   * Why, as text for people.
   *
   * @default unknown
   */
  reason?: string | undefined;
  /**
   * Whether a retry cannot help, as with a wrong password or a server without TLS.
   *
   * @default false
   */
  isFinal?: boolean;
}

/** Redis did not answer in time, or refused the connection. The message says why; it names the host, never the password. */
export class RedisUnavailableError extends SluiceError {
  static override readonly name = 'RedisUnavailableError';
  readonly code = 'SLUICE_REDIS_UNAVAILABLE';
  readonly host: string;

  constructor(host: string, { reason, isFinal = false, ...options }: RedisUnavailableOptions = {}) {
    const what = isFinal ? 'cannot be connected to' : 'does not answer';
    super(`Redis at ${host} ${what}${reason === undefined ? '' : `: ${reason}`}`, options);
    this.host = host;
  }
}

/** Redis answers, but is not one that Sluice can work with: too old, or an eviction policy that would lose jobs. */
export class RedisUnsuitableError extends SluiceError {
  static override readonly name = 'RedisUnsuitableError';
  readonly code = 'SLUICE_REDIS_UNSUITABLE';
}

/** A contract, a queue, a pool or a connection is defined in a way that cannot work. */
export class DefinitionError extends SluiceError {
  static override readonly name = 'DefinitionError';
  readonly code = 'SLUICE_DEFINITION';
  /** Every option that is wrong; empty when it is not an option. */
  readonly problems: readonly OptionProblem[];

  constructor(message: string, problems: readonly OptionProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}

/** The configuration is wrong. All problems are reported together. */
export class ConfigError extends SluiceError {
  static override readonly name = 'ConfigError';
  readonly code = 'SLUICE_CONFIG';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`configuration is invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Something was started that has been stopped, or was stopped while it started. It cannot be started again: make a new one. */
export class StoppedError extends SluiceError {
  static override readonly name = 'StoppedError';
  readonly code = 'SLUICE_STOPPED';

  constructor(why = 'it has been stopped and cannot be started again: make a new one') {
    super(why);
  }
}
