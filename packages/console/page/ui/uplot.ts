import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import { useEffect, useRef } from 'preact/hooks';
import type { RefObject } from 'preact';

/** The colour that a custom property has in the theme of now: a canvas knows no variables. */
export function colorOf(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Draws into the element, again when `key` changes, and moves the data otherwise. */
export function usePlot(
  options: () => Omit<uPlot.Options, 'width'>,
  data: uPlot.AlignedData,
  key: string,
): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const made = new uPlot({ ...options(), width: Math.max(40, element.clientWidth) }, data, element);
    plot.current = made;
    const resized = new ResizeObserver(() => {
      const width = Math.max(40, element.clientWidth);
      if (width !== made.width) made.setSize({ width, height: made.height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [key]);
  useEffect(() => plot.current?.setData(data), [data]);
  return ref;
}
