import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { ListedPool, PoolList, PoolLoad, PoolOrderReport } from '@sluice/queue';
import { ask, ofQueue } from '../api/ask.ts';
import { useAsked } from '../api/use-asked.ts';
import { jobLink } from '../links.ts';
import { useChange } from '../ui/use-change.ts';
import { ActButton } from '../ui/act-button.tsx';
import { AskedState } from '../ui/asked-state.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { count, duration, plural } from '../ui/format.ts';
import { Cell, Table } from '../ui/table.tsx';
import { Nothing, Since } from '../ui/time.tsx';
import { SlotLegend, Slots } from './slots.tsx';

const COLUMNS = ['Pool', 'Host, process', 'Version', 'Up', 'Slots', 'Trouble', 'Contracts', 'Actions'] as const;

/** The pools of a queue, and what each slot runs. */
export function WorkersTab({ queue }: { queue: string }): JSX.Element {
  const asked = useAsked<PoolList>(ofQueue(queue, 'pools'), 2_000);
  const { data } = asked;
  if (!data) return <AskedState asked={asked} />;
  const { pools, poolsTotal, elsewhere, runningTotal, runningLooked } = data;
  return (
    <>
      <AskedState asked={asked} />
      {pools.length === 0 && (
        <>
          <p>No worker of Sluice is connected. This starts one:</p>
          <pre>npx @sluice/cli worker --app ./dist/app.js --queues {queue}</pre>
        </>
      )}
      {pools.length > 0 && (
        <Table label={`Workers of ${queue}`} columns={COLUMNS}>
          {pools.map((pool) => (
            <PoolRow key={pool.id} queue={queue} pool={pool} onChanged={asked.reload} />
          ))}
        </Table>
      )}
      {pools.length > 0 && <SlotLegend />}
      {poolsTotal > pools.length && <p>{count(poolsTotal - pools.length)} more pools are not listed.</p>}
      {elsewhere.length > 0 && (
        <>
          <h2>Runs elsewhere</h2>
          <Table label="Jobs that run elsewhere" columns={['Job', 'Contract', 'For', 'Worker']}>
            {elsewhere.map(({ id, job, startedAt, worker }) => (
              <tr key={id} role="row" data-row>
                <Cell label="Job">
                  <Link href={jobLink(queue, id)}>{id}</Link>
                </Cell>
                <Cell label="Contract">{job}</Cell>
                <Cell label="For">
                  <Since at={startedAt} />
                </Cell>
                <Cell label="Worker">{worker ?? 'a pool that is gone'}</Cell>
              </tr>
            ))}
          </Table>
        </>
      )}
      {runningTotal > runningLooked && (
        <p>
          Looked at {count(runningLooked)} of {count(runningTotal)} running jobs.
        </p>
      )}
    </>
  );
}

function PoolRow({ queue, pool, onChanged }: { queue: string; pool: ListedPool; onChanged: () => void }): JSX.Element {
  const { id, about, running } = pool;
  return (
    <tr role="row" data-row>
      <th role="rowheader" scope="row">
        <span class="name">{about?.name ?? id}</span>
        {about?.kind === 'consumer' && <Badge level="plain" word="consumer" />}
        {about?.state === 'draining' && <Badge level="warn" word="draining" />}
      </th>
      <Cell label="Host, process">{about ? `${about.host}, ${about.pid}` : <Nothing />}</Cell>
      <Cell label="Version">{about?.version ?? <Nothing />}</Cell>
      <Cell label="Up">
        <Since at={about?.startedAt ?? null} />
      </Cell>
      <Cell label="Slots">
        <Slots queue={queue} slots={about?.slots ?? null} running={running} />
      </Cell>
      <Cell label="Trouble">
        <Trouble load={about?.load} />
      </Cell>
      <Cell label="Contracts">{about?.contracts.map(({ name, version }) => `${name}@${version}`).join(', ')}</Cell>
      <Cell label="Actions">
        <Drain
          queue={queue}
          id={id}
          name={about?.name ?? id}
          isDraining={about?.state === 'draining'}
          onDone={onChanged}
        />
      </Cell>
    </tr>
  );
}

/** A block of the loop that delays everything else in the process. */
const LAG_MS = 200;

/** What keeps a pool from doing well. A pool that says nothing of it has no data. */
function Trouble({ load }: { load: PoolLoad | undefined }): JSX.Element {
  if (!load) return <Nothing />;
  const { abandoned, lateRenewals, loopLagMs } = load;
  const faults = [
    abandoned > 0 && plural(abandoned, 'abandoned handler'),
    lateRenewals > 0 && plural(lateRenewals, 'late renewal'),
    loopLagMs >= LAG_MS && `loop blocked for ${duration(loopLagMs)}`,
  ].filter((fault) => fault !== false);
  if (faults.length === 0) return <>none</>;
  return <span class={abandoned > 0 ? 'bad' : 'warn'}>{`${abandoned > 0 ? '■' : '▲'} ${faults.join(', ')}`}</span>;
}

interface DrainProps {
  readonly queue: string;
  readonly id: string;
  readonly name: string;
  readonly isDraining: boolean;
  readonly onDone: () => void;
}

function Drain({ queue, id, name, isDraining, onDone }: DrainProps): JSX.Element {
  const [isAsked, setAsked] = useState(false);
  const { reason } = useChange();
  const drain = async (): Promise<string> => {
    const body = { pools: [id] };
    const { confirmed } = await ask<PoolOrderReport>(ofQueue(queue, 'pools/drain'), { method: 'POST', body });
    onDone();
    return confirmed.length > 0 ? `${name} takes no more jobs.` : `${name} did not confirm in time.`;
  };
  return (
    <>
      <ActButton reason={isDraining ? 'it drains already' : reason} onAct={() => setAsked(true)}>
        Drain
      </ActButton>
      {isAsked && (
        <Confirm title={`Drain ${name}?`} verb="Drain" onRun={drain} onClose={() => setAsked(false)}>
          <p>It takes no more jobs, lets those that run end, and disconnects from this queue. Its process stays.</p>
        </Confirm>
      )}
    </>
  );
}
