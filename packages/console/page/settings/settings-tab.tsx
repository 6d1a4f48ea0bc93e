import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ContractLimits, QueueLimits, RateLimit } from '@sluice/queue';
import { ask, ofQueue } from '../api/ask.ts';
import { useAsked } from '../api/use-asked.ts';
import { useLive } from '../live/use-live.ts';
import { ActButton } from '../ui/act-button.tsx';
import { AskedState } from '../ui/asked-state.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { count, duration, plural } from '../ui/format.ts';
import { Cell, Table } from '../ui/table.tsx';
import { useChange } from '../ui/use-change.ts';
import { LimitDialog } from './limit-dialog.tsx';
import { QueueSettings } from './queue-settings.tsx';

const COLUMNS = ['What', 'Running', 'Starts', 'Held back', 'Takes jobs', 'Actions'] as const;

/** What holds for the whole queue, and whose setting it is. */
export function SettingsTab({ queue }: { queue: string }): JSX.Element {
  const asked = useAsked<QueueLimits>(ofQueue(queue, 'limits'), 5_000);
  const row = useLive().queues.get(queue);
  const stats = row?.stats;
  const limits = asked.data;
  return (
    <>
      {stats && <QueueSettings queue={queue} stats={stats} />}
      <h2>Limits</h2>
      <AskedState asked={asked} />
      {limits && stats && (
        <Table label={`Limits of ${queue}`} columns={COLUMNS}>
          <LimitRow
            queue={queue}
            job={null}
            paused={stats.paused}
            of={limits}
            active={limits.active}
            onDone={asked.reload}
          />
          {withContracts(limits.jobs, row?.jobs ?? []).map(([job, of]) => (
            <LimitRow
              key={job}
              queue={queue}
              job={job}
              paused={of.paused}
              of={of}
              active={of.active}
              onDone={asked.reload}
            />
          ))}
        </Table>
      )}
    </>
  );
}

const unlimited: ContractLimits = { running: null, rate: null, paused: false, active: null, heldBack: 0 };

/** Also those that have no limit yet, as far as the service knows them. */
function withContracts(limited: QueueLimits['jobs'], known: readonly string[]): [string, ContractLimits][] {
  const names = [...new Set([...known, ...Object.keys(limited)])].toSorted();
  return names.map((name) => [name, limited[name] ?? unlimited]);
}

interface LimitRowProps {
  readonly queue: string;
  /** Null: of the whole queue. */
  readonly job: string | null;
  readonly paused: boolean;
  readonly of: Pick<ContractLimits, 'running' | 'rate' | 'heldBack'>;
  readonly active: number | null;
  readonly onDone: () => void;
}

function LimitRow({ queue, job, paused, of, active, onDone }: LimitRowProps): JSX.Element {
  const [open, setOpen] = useState<'pause' | 'limit' | null>(null);
  const { reason } = useChange('admin');
  const name = job ?? `the queue ${queue}`;
  const turn = async (): Promise<string> => {
    await ask(ofQueue(queue, 'limits'), { method: 'PATCH', body: { ...(job !== null && { job }), paused: !paused } });
    onDone();
    return paused ? `Workers take jobs of ${name} again.` : `Workers take no jobs of ${name}. Those that run continue.`;
  };
  return (
    <tr role="row" data-row>
      <th role="rowheader" scope="row">
        <span class="name">{job ?? 'the whole queue'}</span>
      </th>
      <Cell label="Running">
        {active === null ? '' : `${count(active)}, `}
        {of.running === null ? 'no limit' : `at most ${count(of.running)}`}
      </Cell>
      <Cell label="Starts">{rateText(of.rate)}</Cell>
      <Cell label="Held back">{count(of.heldBack)}</Cell>
      <Cell label="Takes jobs">{paused ? <span class="warn">▲ paused</span> : 'yes'}</Cell>
      <Cell label="Actions">
        <div class="row-actions">
          <ActButton reason={reason} onAct={() => setOpen('pause')}>
            {paused ? 'Resume' : 'Pause'}
          </ActButton>
          <ActButton reason={reason} onAct={() => setOpen('limit')}>
            Limit …
          </ActButton>
        </div>
        {open === 'pause' && (
          <Confirm
            title={paused ? `Resume ${name}?` : `Pause ${name}?`}
            verb={paused ? 'Resume' : 'Pause'}
            onRun={turn}
            onClose={() => setOpen(null)}
          >
            <p>
              {paused
                ? 'Workers take its jobs again, all of them at once.'
                : `${active === null ? 'Jobs that run' : plural(active, 'job that runs', 'jobs that run')} continue, and puts are taken while there is capacity.`}
            </p>
          </Confirm>
        )}
        {open === 'limit' && (
          <LimitDialog queue={queue} job={job} of={of} active={active} onDone={onDone} onClose={() => setOpen(null)} />
        )}
      </Cell>
    </tr>
  );
}

function rateText(rate: RateLimit | null): string {
  return rate === null ? 'no limit' : `${count(rate.jobs)} in ${duration(rate.perMs)}`;
}
