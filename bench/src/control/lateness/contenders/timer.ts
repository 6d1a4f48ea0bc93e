import type { OpenLatenessQueue } from '../lateness-contender.ts';

/** No queue at all: timers of Node, which are late by what the machine has to do otherwise. */
export const openTimer: OpenLatenessQueue = async ({ onStart, onIteration }) => {
  let often: NodeJS.Timeout | undefined;
  const later = async (dueAtMs: number, start: () => void): Promise<void> => {
    setTimeout(start, dueAtMs - Date.now());
  };
  return {
    addDelayed: (n, delayMs) => later(Date.now() + delayMs, () => onStart(n)),
    addPlain: async () => undefined,
    schedule: async (everyMs) => {
      const next = (dueAtMs: number): void => {
        onIteration(dueAtMs);
        often = setTimeout(next, dueAtMs + everyMs - Date.now(), dueAtMs + everyMs);
      };
      next(Date.now());
    },
    unschedule: async () => clearTimeout(often),
    close: async () => undefined,
  };
};
