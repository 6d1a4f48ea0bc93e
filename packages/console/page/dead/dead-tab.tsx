import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import type { JobsPage, ListedJob } from '@sluice/queue';
import { ofQueue } from '../api/ask.ts';
import { useAsked } from '../api/use-asked.ts';
import { JobList } from '../jobs/jobs-tab.tsx';
import { jobLink, queueLink } from '../links.ts';
import { AskedState } from '../ui/asked-state.tsx';
import { count, plural } from '../ui/format.ts';
import { Cell, Table } from '../ui/table.tsx';
import { When } from '../ui/time.tsx';
import { groupDead } from './group-dead.ts';

/** What is looked at for the groups. */
const LOOKED = 1_000;
const COLUMNS = ['Contract', 'Code', 'Count', 'First', 'Last', 'Sample'] as const;

/** The dead letters of a queue: in groups by contract and code, then one by one. */
export function DeadTab({ queue }: { queue: string }): JSX.Element {
  const asked = useAsked<JobsPage>(ofQueue(queue, 'dead-letters', { limit: String(LOOKED) }));
  return (
    <>
      <AskedState asked={asked} />
      {asked.data && asked.data.total === 0 && <p>No job of this queue is dead.</p>}
      {asked.data && asked.data.total > 0 && <Groups queue={queue} page={asked.data} />}
      {asked.data && asked.data.total > 0 && <JobList queue={queue} states={['dead']} />}
    </>
  );
}

function Groups({ queue, page: { jobs, looked, total } }: { queue: string; page: JobsPage }): JSX.Element {
  return (
    <>
      <Table label={`Dead letters of ${queue} by contract and code`} columns={COLUMNS}>
        {groupDead(jobs).map(({ job, code, count: size, firstAt, lastAt, sample }) => (
          <tr key={`${job} ${code}`} role="row" data-row>
            <Cell label="Contract">{job}</Cell>
            <Cell label="Code">
              <span class="bad">{code}</span>
            </Cell>
            <Cell label="Count">
              <Link href={queueLink(queue, 'dead', { q: `job:${job} code:${code}` })}>{count(size)}</Link>
            </Cell>
            <Cell label="First">
              <When at={firstAt} />
            </Cell>
            <Cell label="Last">
              <When at={lastAt} />
            </Cell>
            <Cell label="Sample">
              <Sample queue={queue} job={sample} />
            </Cell>
          </tr>
        ))}
      </Table>
      <p class="list-state">
        {looked < total
          ? `The groups are of the last ${count(looked)} of ${plural(total, 'dead letter')}.`
          : `${plural(total, 'dead letter')}.`}
      </p>
    </>
  );
}

function Sample({ queue, job }: { queue: string; job: ListedJob }): JSX.Element {
  return (
    <span class="cut">
      <Link href={jobLink(queue, job.id)}>{job.id}</Link> {job.failure?.message}
    </span>
  );
}
