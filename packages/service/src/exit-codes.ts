/** What a service's process reports to its parent. A second signal ends it with 128 + the signal's number instead. */
export const exitCodes = {
  /** Asked to stop, and every job that it held has ended or was given back. */
  stopped: 0,
  /** A fault. What it held is recovered by other workers. */
  failed: 1,
  /** The configuration or the app is wrong: starting again will not help. */
  misconfigured: 2,
  /** Redis did not answer at the start, or is not one that can be worked with. */
  redis: 3,
} as const;

/** By code and not by class: an app may have a copy of the library of its own. */
const codeOfError: Readonly<Record<string, number>> = {
  SLUICE_CONFIG: exitCodes.misconfigured,
  SLUICE_DEFINITION: exitCodes.misconfigured,
  SLUICE_REDIS_UNAVAILABLE: exitCodes.redis,
  SLUICE_REDIS_UNSUITABLE: exitCodes.redis,
};

/** The exit code for an error that ended a program, one of {@link exitCodes}. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return codeOfError[code] ?? exitCodes.failed;
}
