import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Schedule } from '@sluice/queue';
import { ask, ofQueue } from '../api/ask.ts';
import { useAsked } from '../api/use-asked.ts';
import { jobLink } from '../links.ts';
import { ActButton } from '../ui/act-button.tsx';
import { AskedState } from '../ui/asked-state.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { count, duration } from '../ui/format.ts';
import { Cell, Table } from '../ui/table.tsx';
import { When } from '../ui/time.tsx';
import { useChange } from '../ui/use-change.ts';

const COLUMNS = ['Schedule', 'Contract', 'When', 'Next', 'Last', 'Runs', 'Actions'] as const;

/** The schedules of a queue, with their next times. */
export function SchedulesTab({ queue }: { queue: string }): JSX.Element {
  const asked = useAsked<{ schedules: Schedule[] }>(ofQueue(queue, 'schedules'), 5_000);
  const schedules = asked.data?.schedules;
  if (!schedules) return <AskedState asked={asked} />;
  if (schedules.length === 0)
    return (
      <>
        <p>The queue has no schedule. This makes one:</p>
        <pre>
          npx @sluice/cli schedules set {queue} nightly report '{'{}'}' --cron '0 3 * * *' --time-zone UTC
        </pre>
      </>
    );
  return (
    <>
      <AskedState asked={asked} />
      <Table label={`Schedules of ${queue}`} columns={COLUMNS}>
        {schedules.map((schedule) => (
          <ScheduleRow key={schedule.name} queue={queue} schedule={schedule} onChanged={asked.reload} />
        ))}
      </Table>
    </>
  );
}

interface ScheduleRowProps {
  readonly queue: string;
  readonly schedule: Schedule;
  readonly onChanged: () => void;
}

function ScheduleRow({ queue, schedule, onChanged }: ScheduleRowProps): JSX.Element {
  const { name, job, state, nextMs, last, runs, missed, overlapped, setBy } = schedule;
  return (
    <tr role="row" data-row>
      <th role="rowheader" scope="row">
        <span class="name">{name}</span>
        {state !== 'active' && <Badge level={state === 'paused' ? 'warn' : 'plain'} word={state} />}
        <small>set by {setBy === 'bullmq' ? 'a BullMQ client' : `the ${setBy}`}</small>
      </th>
      <Cell label="Contract">{job}</Cell>
      <Cell label="When">{cadenceText(schedule.cadence)}</Cell>
      <Cell label="Next">
        <When at={nextMs} />
      </Cell>
      <Cell label="Last">
        {last ? (
          <Link href={jobLink(queue, last.id)}>
            <When at={last.atMs} />
          </Link>
        ) : (
          <When at={null} />
        )}
      </Cell>
      <Cell label="Runs">
        {count(runs)}
        {missed > 0 && <small>, {count(missed)} missed</small>}
        {overlapped > 0 && <small>, {count(overlapped)} overlapped</small>}
      </Cell>
      <Cell label="Actions">
        <ScheduleActions queue={queue} schedule={schedule} onChanged={onChanged} />
      </Cell>
    </tr>
  );
}

function ScheduleActions({ queue, schedule, onChanged }: ScheduleRowProps): JSX.Element {
  const [isRemoving, setRemoving] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const { reason } = useChange();
  const path = ofQueue(queue, `schedules/${encodeURIComponent(schedule.name)}`);
  const verb = schedule.state === 'paused' ? 'resume' : 'pause';
  const turn = (): void => {
    ask(`${path}/${verb}`, { method: 'POST' }).then(
      () => (setFailed(null), onChanged()),
      (error: Error) => setFailed(error.message),
    );
  };
  const remove = async (): Promise<string> => {
    await ask(path, { method: 'DELETE' });
    onChanged();
    return `${schedule.name} is removed.`;
  };
  return (
    <div class="row-actions">
      <ActButton reason={schedule.state === 'ended' ? 'it has ended' : reason} onAct={turn}>
        {verb === 'pause' ? 'Pause' : 'Resume'}
      </ActButton>
      <ActButton reason={reason} onAct={() => setRemoving(true)}>
        Remove
      </ActButton>
      {failed !== null && <span class="bad">{failed}</span>}
      {isRemoving && (
        <Confirm
          title={`Remove ${schedule.name}?`}
          verb="Remove"
          kind="danger"
          onRun={remove}
          onClose={() => setRemoving(false)}
        >
          <p>No more jobs come of it. Those that are there stay.</p>
        </Confirm>
      )}
    </div>
  );
}

function cadenceText(cadence: Schedule['cadence']): string {
  if ('cron' in cadence && cadence.cron !== undefined) return `${cadence.cron} ${cadence.timeZone ?? 'UTC'}`;
  return 'everyMs' in cadence && cadence.everyMs !== undefined ? `every ${duration(cadence.everyMs)}` : '';
}
