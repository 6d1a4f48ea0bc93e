import type { FaultKind, RecordedFact } from '@sluice/testing/history';

/** A fault of a process or of Redis, from its beginning to its end. */
export interface Disturbance {
  kind: FaultKind;
  /** A process, or `redis`. */
  target: string;
  fromMs: number;
  /** Infinity when its end was not recorded. */
  toMs: number;
}

/** Pairs the beginnings and ends of faults. */
export function disturbancesIn(facts: readonly RecordedFact[]): Disturbance[] {
  const all: Disturbance[] = [];
  const open = new Map<string, Disturbance>();
  for (const fact of facts) {
    if (fact.type !== 'fault') continue;
    const { kind, target, at } = fact;
    const name = `${kind} ${target}`;
    if (fact.phase === 'began') {
      const begun = { kind, target, fromMs: at, toMs: Infinity };
      all.push(begun);
      open.set(name, begun);
    } else {
      const begun = open.get(name);
      if (begun) begun.toMs = at;
      open.delete(name);
    }
  }
  return all;
}

/** How long a disturbance overlaps a span of time, in milliseconds. */
export function overlapMs({ fromMs, toMs }: Disturbance, sinceMs: number, untilMs: number): number {
  return Math.max(Math.min(toMs, untilMs) - Math.max(fromMs, sinceMs), 0);
}

/** Whether a disturbance overlaps a span of time, even in one instant. */
export function touches({ fromMs, toMs }: Disturbance, sinceMs: number, untilMs: number): boolean {
  return fromMs <= untilMs && toMs >= sinceMs;
}
