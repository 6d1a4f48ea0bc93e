import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { QueueHistory } from '@sluice/queue';
import { useLive } from '../live/use-live.ts';
import { depthBack } from './depth-back.ts';
import { HistoryChart } from './history-chart.tsx';
import type { Mark } from './marks.ts';

interface DepthChartProps {
  readonly queue: string;
  readonly history: QueueHistory;
  readonly marks: readonly Mark[];
  readonly onSelect: (fromMs: number, toMs: number) => void;
}

/** The depth against the capacity, as far as both are known. */
export function DepthChart({ queue, history, marks, onSelect }: DepthChartProps): JSX.Element {
  const stats = useLive().queues.get(queue)?.stats;
  const { points, until } = history;
  // A range of the past does not lead up to the depth of now.
  const isUpToNow = until >= Date.now() - 120_000;
  // Once for each history: the depth of now belongs to its last point.
  const lines = useMemo(() => {
    if (!stats || !isUpToNow) return null;
    const { depth, capacity, capacityFrom } = stats;
    const since = capacityFrom?.sinceMs ?? Date.now();
    return [
      { name: 'depth', color: '--waiting', values: depthBack(points, depth) },
      {
        name: 'capacity',
        color: '--bad',
        values: points.map(({ at }) => (at + history.everyMs >= since ? capacity : null)),
      },
    ];
  }, [history, stats === undefined]);
  const at = useMemo(() => points.map((point) => point.at / 1_000), [history]);
  if (!lines) return <p class="nothing">The depth is only known back from now: choose a range that ends now.</p>;
  return (
    <>
      <HistoryChart title="Depth against capacity" at={at} lines={lines} marks={marks} onSelect={onSelect} />
      <p class="nothing">
        The depth is counted back from now by what was put and what ended: jobs that were cancelled, purged or replayed,
        or that plain BullMQ clients added, are not in it. The capacity is known since it was last changed.
      </p>
    </>
  );
}
