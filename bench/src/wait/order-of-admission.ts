/** How far admission kept to the order of arrival. */
export interface OrderOfAdmission {
  readonly puts: number;
  /** Puts that somebody passed who had come later. */
  readonly passed: number;
  /** The most that passed one and the same put. */
  readonly mostPassedBy: number;
}

/**
 * Compares the order in which puts got in with the order in which they were called. Two calls closer than `slackMs`
 * may have reached Redis in either order: neither passes the other.
 *
 * @param calledAtMs when each put was called, in the order in which they got in; those that never did come last.
 * @param waiting how many of them, at the end, never got in: they are passed by others and pass nobody.
 */
export function orderOfAdmission(calledAtMs: readonly number[], waiting: number, slackMs: number): OrderOfAdmission {
  const admitted = calledAtMs.length - waiting;
  const passedBy = calledAtMs.map((called, place) => {
    const earlierIn = calledAtMs.slice(0, Math.min(place, admitted));
    return earlierIn.filter((other) => other > called + slackMs).length;
  });
  return {
    puts: calledAtMs.length,
    passed: passedBy.filter((count) => count > 0).length,
    mostPassedBy: Math.max(0, ...passedBy),
  };
}
