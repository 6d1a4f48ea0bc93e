import { type PlannedFault, redisTarget } from './make-plan.ts';

const labels = {
  kill: 'kill -9',
  exit: 'SIGTERM',
  stop: 'SIGSTOP',
  cut: 'cut off',
  stall: 'stall the connection of',
  drop: 'lose a reply to',
} satisfies Record<PlannedFault['kind'], string>;

/** One readable line per fault. */
export function describePlan(plan: readonly PlannedFault[]): string {
  return plan.map(describe).join('\n');
}

function describe({ atMs, kind, target, forMs }: PlannedFault): string {
  const at = `${(atMs / 1_000).toFixed(1)} s`.padStart(8);
  const isEnd = kind === 'kill' || kind === 'exit';
  const lasts = `${(forMs / 1_000).toFixed(1)} s`;
  const then =
    isEnd && target === redisTarget ? `, back after ${lasts}` : isEnd ? `, another after ${lasts}` : ` for ${lasts}`;
  return `${at}  ${labels[kind]} ${target}${kind === 'drop' ? '' : then}`;
}
