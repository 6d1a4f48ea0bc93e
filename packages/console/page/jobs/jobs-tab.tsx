import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { useLocation, useSearchParams } from 'wouter-preact';
import type { AdminStats, JobSnapshotState } from '@sluice/queue';
import { jobLink } from '../links.ts';
import { useLive } from '../live/use-live.ts';
import { count } from '../ui/format.ts';
import { stateWord } from '../ui/state-word.tsx';
import { BulkActions } from './bulk-actions.tsx';
import { JobTable } from './job-table.tsx';
import { SearchField } from './search-field.tsx';
import { queryOf, readSearch } from './search-text.ts';
import { type JobPages, useJobPages } from './use-job-pages.ts';
import { useSelection } from './use-selection.ts';

const countOf: Readonly<Record<JobSnapshotState, (stats: AdminStats) => number>> = {
  active: ({ active }) => active,
  waiting: ({ waiting, prioritized }) => waiting + prioritized,
  delayed: ({ delayed }) => delayed,
  'waiting-children': ({ waitingChildren }) => waitingChildren,
  dead: ({ dead }) => dead,
  completed: ({ completed }) => completed,
};
const allStates = Object.keys(countOf) as JobSnapshotState[];

/** The jobs of a queue, by state and search. Both stand in the address. */
export function JobsTab({ queue }: { queue: string }): JSX.Element {
  const [params, setParams] = useSearchParams();
  const states = (params.get('state') ?? '').split(',').filter((each): each is JobSnapshotState => each in countOf);
  const setStates = (next: readonly string[]): void =>
    setParams((before) => {
      before.delete('state');
      if (next.length > 0) before.set('state', next.join(','));
      return before;
    });
  return (
    <>
      <StateChips queue={queue} states={states} onStates={setStates} />
      <JobList queue={queue} states={states} />
    </>
  );
}

/** A search, what it finds, and what can be done with that. */
export function JobList({ queue, states }: { queue: string; states: readonly JobSnapshotState[] }): JSX.Element {
  const [params, setParams] = useSearchParams();
  const [, navigate] = useLocation();
  const text = params.get('q') ?? '';
  const [since, before] = [params.get('since'), params.get('before')];
  // Ages count from when the search was made, so that its pages belong together.
  const read = useMemo(() => readSearch(text, Date.now()), [text]);
  const search = read.kind === 'filter' ? { ...read.search, ...times(since, before) } : null;
  const query = search && { ...queryOf(search), ...(states.length > 0 && { state: states.join(',') }) };
  const pages = useJobPages(queue, query);
  const selection = useSelection();
  const onSearch = (wanted: string): void => {
    const next = readSearch(wanted, Date.now());
    if (next.kind === 'id') return navigate(jobLink(queue, next.id));
    selection.setAll([]);
    setParams((now) => {
      now.delete('q');
      if (wanted.trim() !== '') now.set('q', wanted.trim());
      return now;
    });
  };
  const dropTimes = (): void =>
    setParams((now) => {
      now.delete('since');
      now.delete('before');
      return now;
    });
  return (
    <>
      <SearchField queue={queue} text={text} wrong={read.kind === 'wrong' ? read.why : null} onSearch={onSearch} />
      {(since !== null || before !== null) && (
        <p>
          Only those of the range that was selected in the history.{' '}
          <button type="button" class="quiet" onClick={dropTimes}>
            All times
          </button>
        </p>
      )}
      {pages.error && (
        <p class="notice bad" role="alert">
          {pages.error.message}
        </p>
      )}
      <ListState queue={queue} pages={pages} />
      <BulkActions queue={queue} states={states} search={search} selection={selection} pages={pages} />
      {pages.jobs.length > 0 && <JobTable queue={queue} pages={pages} selection={selection} />}
    </>
  );
}

function times(since: string | null, before: string | null): { since?: number; before?: number } {
  return { ...(since !== null && { since: Number(since) }), ...(before !== null && { before: Number(before) }) };
}

function StateChips({
  queue,
  states,
  onStates,
}: {
  queue: string;
  states: readonly JobSnapshotState[];
  onStates: (states: readonly string[]) => void;
}): JSX.Element {
  const stats = useLive().queues.get(queue)?.stats;
  return (
    <div class="chips" role="group" aria-label="States">
      <button type="button" class="chip" aria-pressed={states.length === 0} onClick={() => onStates([])}>
        all
      </button>
      {allStates.map((state) => (
        <button
          key={state}
          type="button"
          class={`chip state-${state}`}
          aria-pressed={states.includes(state)}
          onClick={() =>
            onStates(states.includes(state) ? states.filter((each) => each !== state) : [...states, state])
          }
        >
          {stateWord(state)} <strong>{stats ? count(countOf[state](stats)) : '–'}</strong>
        </button>
      ))}
    </div>
  );
}

/** How much of all was looked at, honestly; and that the queue has moved on since. */
function ListState({ queue, pages }: { queue: string; pages: JobPages }): JSX.Element {
  const stats = useLive().queues.get(queue)?.stats;
  const then = useRef<{ readAt: number; depth: number; ended: number } | undefined>(undefined);
  if (stats && then.current?.readAt !== pages.readAt)
    then.current = { readAt: pages.readAt, depth: stats.depth, ended: stats.completed + stats.dead };
  const hasMoved =
    stats !== undefined &&
    then.current !== undefined &&
    (stats.depth !== then.current.depth || stats.completed + stats.dead !== then.current.ended);
  const { jobs, looked, total, isLoading, hasMore } = pages;
  return (
    <p class="list-state" role="status">
      {total === null
        ? isLoading
          ? 'Loading.'
          : ''
        : `${count(jobs.length)} listed, looked at ${count(looked)} of ${count(total)}.`}
      {total !== null && jobs.length === 0 && !isLoading && !hasMore && ' Nothing matches.'}
      {hasMore && !isLoading && jobs.length === 0 && ' '}
      {hasMore && (
        <button type="button" class="quiet" disabled={isLoading} onClick={pages.more}>
          {isLoading ? 'Loading …' : 'Look further'}
        </button>
      )}
      <button type="button" class="quiet" onClick={pages.reload}>
        {hasMoved ? 'The queue has moved on: reload' : 'Reload'}
      </button>
    </p>
  );
}
