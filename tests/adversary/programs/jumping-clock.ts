import { seeded } from '@sluice/testing/seeded';

const HOUR_MS = 3_600_000;

/** From now on the wall clock of this process jumps every few reads. The monotonic clock does not. */
export function letClockJump(seed: number): void {
  const random = seeded(seed);
  const now = Date.now.bind(Date);
  let offsetMs = 0;
  Date.now = () => {
    if (random() < 0.2) offsetMs = Math.round((random() * 2 - 1) * HOUR_MS);
    return now() + offsetMs;
  };
}
