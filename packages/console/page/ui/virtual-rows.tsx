import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useState } from 'preact/hooks';

/** Which rows of a long list are in view, and where. */
export interface VirtualRows {
  readonly rows: readonly VirtualItem[];
  readonly heightPx: number;
}

/** The rows of a list that are in view of the element that scrolls. All have one height. */
export function useVirtualRows(scroller: RefObject<HTMLElement | null>, count: number, rowPx: number): VirtualRows {
  const [, render] = useReducer((turn: number) => turn + 1, 0);
  const options: VirtualizerOptions<HTMLElement, HTMLElement> = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => render(undefined as never),
  };
  const [virtualizer] = useState(() => new Virtualizer(options));
  virtualizer.setOptions(options);
  useEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => virtualizer.measure(), [rowPx]);
  return { rows: virtualizer.getVirtualItems(), heightPx: virtualizer.getTotalSize() };
}
