import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Mark } from './marks.ts';
import { useTheme } from '../shell/theme.ts';
import { exactTime } from '../ui/format-time.ts';
import { colorOf, usePlot } from '../ui/uplot.ts';

interface ChartLine {
  readonly name: string;
  /** A custom property. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

/** Lines over time. Dragging selects a range; the table below the charts has the numbers. */
export function HistoryChart({
  title,
  at,
  lines,
  marks = [],
  onSelect,
}: {
  title: string;
  /** Seconds since the epoch. */
  at: readonly number[];
  lines: readonly ChartLine[];
  /** Drawn as upright lines. */
  marks?: readonly Mark[];
  onSelect: (fromMs: number, toMs: number) => void;
}): JSX.Element {
  const theme = useTheme();
  const data = useMemo<uPlot.AlignedData>(() => [[...at], ...lines.map(({ values }) => [...values])], [at, lines]);
  const ref = usePlot(
    () => {
      const axis = {
        stroke: colorOf('--muted'),
        grid: { stroke: colorOf('--line'), width: 1 },
        ticks: { show: false },
      };
      return {
        height: 180,
        cursor: { drag: { setScale: false, x: true, y: false } },
        axes: [
          { ...axis, size: 28, values: (_, ticks) => ticks.map((tick) => tickText(tick, ticks)) },
          { ...axis, size: 56 },
        ],
        scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] } },
        series: [
          {
            label: 'from',
            value: (_: uPlot, tick: number | null) => (tick === null ? '' : exactTime(tick * 1_000).slice(0, 16)),
          },
          ...lines.map(({ name, color }) => ({
            label: name,
            stroke: colorOf(color),
            width: 1.5,
            points: { show: false },
            value: (_: uPlot, value: number | null) => (value === null ? '–' : String(Math.round(value * 100) / 100)),
          })),
        ],
        hooks: {
          draw: [(plot) => drawMarks(plot, marks, colorOf('--muted'))],
          setSelect: [
            (plot) => {
              const { left, width } = plot.select;
              if (width > 4) onSelect(plot.posToVal(left, 'x') * 1_000, plot.posToVal(left + width, 'x') * 1_000);
            },
          ],
        },
      };
    },
    data,
    `${theme} ${marks.map(({ at: when }) => when).join(' ')}`,
  );
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={ref} aria-hidden="true" />
    </figure>
  );
}

/** An upright line for each mark, with a number that the list below the charts has, too. */
function drawMarks(plot: uPlot, marks: readonly Mark[], color: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'center';
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  let labelledTo = -Infinity;
  for (const [index, { at }] of marks.entries()) {
    const x = plot.valToPos(at / 1_000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // Where marks are too near to each other for their numbers, the first of them stands for all.
    if (x - labelledTo < 16 * devicePixelRatio) continue;
    ctx.fillText(String(index + 1), x, bbox.top - 3 * devicePixelRatio);
    labelledTo = x;
  }
  ctx.restore();
}

/** The hour and minute; with the day where the range has several. */
function tickText(tick: number, all: readonly number[]): string {
  const text = exactTime(tick * 1_000);
  const isLong = (all.at(-1) ?? 0) - (all[0] ?? 0) > 86_400;
  return isLong ? text.slice(5, 16) : text.slice(11, 16);
}
