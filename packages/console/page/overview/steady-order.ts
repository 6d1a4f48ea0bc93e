import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** An order that changes while it is read: rows stay where they are until the pointer and the focus have left them. */
export interface SteadyOrder {
  readonly names: readonly string[];
  /** Whether they would stand elsewhere by now. */
  readonly isOld: boolean;
  /** Puts them where they belong. */
  readonly refresh: () => void;
}

/** @param within the element with the rows */
export function useSteadyOrder(wanted: readonly string[], within: RefObject<HTMLElement | null>): SteadyOrder {
  const [shown, setShown] = useState(wanted);
  const latest = useRef(wanted);
  latest.current = wanted;
  const isOld = shown.join('\n') !== wanted.join('\n');
  const isSame = shown.length === wanted.length && isSameSet(shown, wanted);
  useEffect(() => {
    if (!isOld) return;
    const apply = (): void => {
      if (!isRead(within.current)) setShown(latest.current);
    };
    apply();
    const timer = setInterval(apply, 1_000);
    return () => clearInterval(timer);
  }, [isOld]);
  // Rows that are new or gone cannot wait: they come last, or leave.
  const names = isSame ? shown : [...shown.filter((name) => wanted.includes(name)), ...without(wanted, shown)];
  return { names, isOld, refresh: () => setShown(latest.current) };
}

function isRead(element: HTMLElement | null): boolean {
  return element !== null && (element.matches(':hover') || element.contains(document.activeElement));
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const known = new Set(a);
  return b.every((name) => known.has(name));
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return names.filter((name) => !known.has(name));
}
