import type { JobSnapshotState } from '@sluice/queue';
import type { JSX } from 'preact';

/** What each state is called, and the shape before it: a state is never said by its colour alone. */
const states: Readonly<Record<JobSnapshotState | 'unknown', readonly [word: string, shape: string]>> = {
  active: ['running', '▶'],
  waiting: ['waiting', '●'],
  delayed: ['delayed', '◷'],
  'waiting-children': ['waits for children', '◌'],
  dead: ['dead', '■'],
  completed: ['completed', '✓'],
  unknown: ['not kept', '?'],
};

export function StateWord({ state }: { state: JobSnapshotState | 'unknown' }): JSX.Element {
  const [word, shape] = states[state];
  return (
    <span class={`state state-${state}`}>
      <span aria-hidden="true">{shape} </span>
      {word}
    </span>
  );
}

/** As the chips and sentences name it. */
export function stateWord(state: JobSnapshotState): string {
  return states[state][0];
}
