import { type PlannedFault, redisTarget } from './make-plan.ts';

const words = {
  kill: 'kill -9',
  exit: 'SIGTERM',
  stop: 'SIGSTOP',
  cut: 'cut off',
  stall: 'stall the wire of',
  drop: 'lose an answer to',
} satisfies Record<PlannedFault['kind'], string>;

/** One line per fault, for people. */
export function describePlan(plan: readonly PlannedFault[]): string {
  return plan.map(describe).join('\n');
}

function describe({ atMs, kind, target, forMs }: PlannedFault): string {
  const at = `${(atMs / 1_000).toFixed(1)} s`.padStart(8);
  const isEnd = kind === 'kill' || kind === 'exit';
  const lasts = `${(forMs / 1_000).toFixed(1)} s`;
  const then =
    isEnd && target === redisTarget ? `, back after ${lasts}` : isEnd ? `, another after ${lasts}` : ` for ${lasts}`;
  return `${at}  ${words[kind]} ${target}${kind === 'drop' ? '' : then}`;
}
