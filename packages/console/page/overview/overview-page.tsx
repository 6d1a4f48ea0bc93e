import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { ConsoleQueue } from '@sluice/http/console';
import { useLive, useShown } from '../live/use-live.ts';
import { useTitle } from '../shell/use-title.ts';
import { plural } from '../ui/format.ts';
import { FleetFacts } from './fleet-facts.tsx';
import { QueueRow } from './queue-row.tsx';
import { signsOf, worstFirst } from './queue-signs.ts';
import { useSteadyOrder } from './steady-order.ts';

const COLUMNS = [
  'Queue',
  'Depth of capacity',
  'Producers waiting',
  'Oldest job',
  'Put, ended /s',
  'p95 wait\u00a0/\u00a0run',
  'Failed, 1\u00a0h',
  'Workers',
] as const;

/** All queues, the worst first: is everything fine, and if not, where and since when. */
export function OverviewPage(): JSX.Element {
  useShown(null);
  useTitle('Queues');
  const { names, queues, rates } = useLive();
  const rows = (names ?? []).flatMap((name) => queues.get(name) ?? []);
  const body = useRef<HTMLTableSectionElement>(null);
  const order = useSteadyOrder(worstFirst(rows), body);
  if (names === null) return <Loading />;
  if (names.length === 0) return <NoQueues />;
  return (
    <>
      <div class="head">
        <h1>Queues</h1>
        <Summary rows={rows} />
        {order.isOld && (
          <button type="button" class="quiet" onClick={order.refresh}>
            The order has changed: sort
          </button>
        )}
      </div>
      <FleetFacts rows={rows} />
      <table role="table" class="queues cards" aria-label="Queues, the worst first">
        <thead role="rowgroup">
          <tr role="row">
            {COLUMNS.map((column) => (
              <th key={column} role="columnheader" scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" ref={body}>
          {order.names.flatMap((name) => {
            const row = queues.get(name);
            return row ? [<QueueRow key={name} row={row} rates={rates.get(name)} />] : [];
          })}
        </tbody>
      </table>
    </>
  );
}

function Summary({ rows }: { rows: readonly ConsoleQueue[] }): JSX.Element {
  const worse = rows.map((row) => ({ row, signs: signsOf(row) })).filter(({ signs }) => signs[0]?.level === 'bad');
  const worst = worse.toSorted((a, b) => b.signs.length - a.signs.length)[0];
  if (!worst) return <p class="summary good">Nothing stops {plural(rows.length, 'queue')}.</p>;
  const { row, signs } = worst;
  return (
    <p class="summary bad">
      {plural(worse.length, 'queue needs', 'queues need')} a look. {row.queue}: {signs.map(({ why }) => why).join('; ')}
      .
    </p>
  );
}

function Loading(): JSX.Element {
  return (
    <>
      <h1>Queues</h1>
      <p class="nothing">Looking at the queues.</p>
    </>
  );
}

function NoQueues(): JSX.Element {
  return (
    <>
      <h1>Queues</h1>
      <p>
        There is no queue yet. A queue is there once a producer or a worker has connected to it, for example by a put:
      </p>
      <pre>npx @sluice/cli put emails email.send '{'{"to":"ada@example.com"}'}' --capacity 1000</pre>
    </>
  );
}
