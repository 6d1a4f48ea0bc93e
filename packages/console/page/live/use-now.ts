import { useEffect, useState } from 'preact/hooks';

const EVERY_MS = 1_000;
/** One timer for all times that are shown: a list has hundreds. */
const listeners = new Set<(now: number) => void>();
let timer: number | undefined;

/** The time by this browser, once a second while the tab is seen. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    listeners.add(setNow);
    timer ??= window.setInterval(tick, EVERY_MS);
    return () => {
      listeners.delete(setNow);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return now;
}

function tick(): void {
  if (document.hidden) return;
  const now = Date.now();
  for (const listener of listeners) listener(now);
}
