import type { JSX } from 'preact';
import type { AdminStats } from '@sluice/queue';
import { count } from './format.ts';

/** The states that make up the depth, in the order of the gauge. */
export const depthParts = [
  ['active', 'running'],
  ['waiting', 'waiting'],
  ['prioritized', 'prioritized'],
  ['delayed', 'delayed'],
  ['waitingChildren', 'waiting for children'],
] as const satisfies readonly (readonly [keyof AdminStats, string])[];

/** `850 of 1,000: 40 running, 810 waiting`. */
function depthText(stats: AdminStats): string {
  const parts = depthParts.filter(([part]) => stats[part] > 0).map(([part, word]) => `${count(stats[part])} ${word}`);
  const of = stats.capacity === null ? 'no capacity is set' : `of ${count(stats.capacity)}`;
  const over = stats.over > 0 ? [`${count(stats.over)} over the capacity`] : [];
  const detail = [...parts, ...over].join(', ');
  return `${count(stats.depth)} ${of}${detail === '' ? '' : `: ${detail}`}`;
}

/** The depth of a queue against its capacity, in parts. */
export function Gauge({ stats, large = false }: { stats: AdminStats; large?: boolean }): JSX.Element {
  const whole = Math.max(stats.capacity ?? stats.depth, stats.depth, 1);
  const text = depthText(stats);
  return (
    <div class={large ? 'gauge large' : 'gauge'} role="img" aria-label={text} title={text}>
      {depthParts.map(([part]) => (
        <span key={part} class={`part ${part}`} style={{ width: `${(stats[part] / whole) * 100}%` }} />
      ))}
      {stats.over > 0 && <span class="over" style={{ width: `${(stats.over / whole) * 100}%` }} />}
    </div>
  );
}
