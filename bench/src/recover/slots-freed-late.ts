/**
 * How late each slot of hung handlers was free again. All handlers take equally long until they are given up, so slots
 * are freed in the order in which they were taken: the n-th job's slot goes to job n + slots.
 *
 * @param startedAt when each handler started, in that order; milliseconds
 * @param dueMs how long after its start a slot has to be free: deadline and grace together
 */
export function slotsFreedLate(startedAt: readonly number[], slots: number, dueMs: number): number[] {
  const next = startedAt.slice(slots);
  return next.map((at, place) => at - (startedAt[place] ?? Number.NaN) - dueMs);
}
