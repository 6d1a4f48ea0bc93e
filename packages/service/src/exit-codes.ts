import { ConfigError, DefinitionError, RedisUnavailableError, RedisUnsuitableError } from '@sluice/queue/contracts';

/** What a service's process reports to its parent. A second signal ends it with 128 + the signal's number instead. */
export const exitCodes = {
  /** Asked to stop, and every job that it held has ended or was given back. */
  stopped: 0,
  /** A fault. What it held is recovered by other workers. */
  failed: 1,
  /** The configuration is wrong: starting again will not help. */
  misconfigured: 2,
  /** Redis did not answer at the start, or is not one that can be worked with. */
  redis: 3,
} as const;

/** The exit code for an error that ended a program, one of {@link exitCodes}. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError || error instanceof DefinitionError) return exitCodes.misconfigured;
  if (error instanceof RedisUnavailableError || error instanceof RedisUnsuitableError) return exitCodes.redis;
  return exitCodes.failed;
}
