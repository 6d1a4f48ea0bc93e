/** Milliseconds of the system's monotonic clock: the same in all processes of a machine, and never set. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
