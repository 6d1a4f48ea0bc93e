import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ConsoleRates } from '@sluice/http/console';
import { useTheme } from '../shell/theme.ts';
import { colorOf, usePlot } from './uplot.ts';

const WIDE = 60;

/** Puts and ends of the last five minutes; the numbers of now stand next to it as text. */
export function Sparkline({ rates }: { rates: ConsoleRates | undefined }): JSX.Element {
  const theme = useTheme();
  const data = useMemo<[number[], number[], number[]]>(() => {
    const pad = (values: readonly number[]): number[] => [...Array<number>(WIDE).fill(0), ...values].slice(-WIDE);
    return [Array.from({ length: WIDE }, (_, at) => at), pad(rates?.put ?? []), pad(rates?.ended ?? [])];
  }, [rates]);
  const ref = usePlot(
    () => ({
      height: 24,
      padding: [2, 0, 2, 0],
      cursor: { show: false },
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false }, y: { range: (_, __, max) => [0, Math.max(1, max)] } },
      series: [
        {},
        { stroke: colorOf('--put'), width: 1.5, points: { show: false } },
        { stroke: colorOf('--ended'), width: 1.5, points: { show: false } },
      ],
    }),
    data,
    theme,
  );
  return <div class="spark" ref={ref} aria-hidden="true" />;
}
