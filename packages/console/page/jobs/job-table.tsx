import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { ListedJob } from '@sluice/queue';
import { jobLink } from '../links.ts';
import { useNarrow } from '../ui/use-narrow.ts';
import { Nothing, When } from '../ui/time.tsx';
import { useVirtualRows } from '../ui/virtual-rows.tsx';
import { StateWord } from '../ui/state-word.tsx';
import type { JobPages } from './use-job-pages.ts';
import type { Selection } from './use-selection.ts';

const ROW_PX = 36;
const CARD_PX = 104;
/** How near to the end of what is there more is asked for. */
const NEAR = 40;
const COLUMNS = ['', 'Job', 'Contract', 'State', 'Attempts', 'Put', 'Started', 'Worker', 'Failure'] as const;

/** The jobs of a list: only those in view are drawn, so that a hundred thousand are as quick as ten. */
export function JobTable({
  queue,
  pages,
  selection,
}: {
  queue: string;
  pages: JobPages;
  selection: Selection;
}): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useNarrow();
  const { jobs } = pages;
  const { rows, heightPx } = useVirtualRows(scroller, jobs.length, isNarrow ? CARD_PX : ROW_PX);
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (pages.hasMore && last > jobs.length - NEAR) pages.more();
  }, [last, jobs.length, pages.hasMore, pages.isLoading]);
  const toggle = useRef(selection.toggle);
  toggle.current = selection.toggle;
  const onToggle = useCallback((id: string) => toggle.current(id), []);
  const areAll = jobs.length > 0 && jobs.every(({ id }) => selection.ids.has(id));
  return (
    <div class="job-table" role="table" aria-label="Jobs" aria-rowcount={pages.total ?? -1}>
      <div role="rowgroup" class="job-head">
        <div role="row" class="job-row">
          {COLUMNS.map((column, at) => (
            <div role="columnheader" key={column}>
              {at === 0 ? (
                <input
                  type="checkbox"
                  aria-label="All jobs that are listed"
                  checked={areAll}
                  onChange={() => selection.setAll(areAll ? [] : jobs.map(({ id }) => id))}
                />
              ) : (
                column
              )}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" class="job-rows" ref={scroller} tabIndex={0} aria-label="Rows of jobs">
        <div role="presentation" style={{ height: `${heightPx}px`, position: 'relative' }}>
          {rows.map(({ index, start, size }) => {
            const job = jobs[index];
            const isSelected = selection.ids.has(job?.id ?? '');
            return job && <JobRow key={job.id} {...{ queue, job, index, start, size, isSelected, onToggle }} />;
          })}
        </div>
      </div>
    </div>
  );
}

interface JobRowProps {
  readonly queue: string;
  readonly job: ListedJob;
  readonly index: number;
  readonly start: number;
  readonly size: number;
  readonly isSelected: boolean;
  readonly onToggle: (id: string) => void;
}

/** Drawn again only when it has changed: a list that is scrolled draws the new rows, not all. */
const JobRow = memo(function JobRow({
  queue,
  job,
  index,
  start,
  size,
  isSelected,
  onToggle,
}: JobRowProps): JSX.Element {
  const { id, state, attempts, createdAt, startedAt, worker, failure, heldBack } = job;
  return (
    <div
      role="row"
      class="job-row"
      data-row
      aria-rowindex={index + 2}
      style={{ position: 'absolute', top: `${start}px`, height: `${size}px`, left: 0, right: 0 }}
    >
      <div role="cell">
        <input type="checkbox" aria-label={`Select ${id}`} checked={isSelected} onChange={() => onToggle(id)} />
      </div>
      <div role="cell" class="cut">
        <Link href={jobLink(queue, id)} title={id}>
          {id}
        </Link>
      </div>
      <div role="cell" class="cut" title={job.job}>
        {job.job}
      </div>
      <div role="cell">
        <StateWord state={state} />
        {heldBack && <small> held back</small>}
      </div>
      <div role="cell" data-label="Attempts">
        {attempts}
      </div>
      <div role="cell" data-label="Put">
        <When at={createdAt} />
      </div>
      <div role="cell" data-label="Started">
        <When at={startedAt} />
      </div>
      <div role="cell" class="cut" data-label="Worker" title={worker ?? undefined}>
        {worker ?? <Nothing />}
      </div>
      <div role="cell" class="cut" title={failure && `${failure.code}: ${failure.message}`}>
        {failure ? (
          <>
            <span class="bad">{failure.code}</span> {failure.message}
          </>
        ) : (
          <span class="hidden">none</span>
        )}
      </div>
    </div>
  );
});
