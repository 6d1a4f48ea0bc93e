import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import { Link } from 'wouter-preact';
import type { ConsoleQueue, ConsoleRates } from '@sluice/http/console';
import { queueLink } from '../links.ts';
import { Badge } from '../ui/badge.tsx';
import { count, duration, perSecond, plural } from '../ui/format.ts';
import { Gauge } from '../ui/gauge.tsx';
import { Sparkline } from '../ui/sparkline.tsx';
import { Nothing } from '../ui/time.tsx';
import { signsOf } from './queue-signs.ts';

interface QueueRowProps {
  readonly row: ConsoleQueue;
  readonly rates: ConsoleRates | undefined;
}

/** A queue in the overview. Every number leads to the list behind it. */
export const QueueRow = memo(function QueueRow({ row, rates }: QueueRowProps): JSX.Element {
  const { queue, stats, hour } = row;
  const worst = signsOf(row);
  return (
    <tr role="row" data-row class={worst[0]?.level}>
      <th role="rowheader" scope="row">
        <Link href={queueLink(queue)} class="name">
          {queue}
        </Link>
        {worst.map((sign) => (
          <Badge key={sign.word} {...sign} />
        ))}
      </th>
      <td role="cell" class="depth" data-label="Depth">
        <Link href={queueLink(queue, 'jobs', { state: 'active,waiting,delayed,waiting-children' })} class="number">
          {count(stats.depth)}
          <small> / {stats.capacity === null ? 'no capacity' : count(stats.capacity)}</small>
        </Link>
        <Gauge stats={stats} />
      </td>
      <td role="cell" class="number" data-label="Producers waiting">
        <Link href={queueLink(queue, 'waiters')}>{count(stats.waiters.producers)}</Link>
        {stats.waiters.puts > 0 && (
          <small>
            {' '}
            {plural(stats.waiters.puts, 'put')}
            {row.longestWaitMs !== null && `, ${duration(row.longestWaitMs)}`}
          </small>
        )}
      </td>
      <td role="cell" class="number" data-label="Oldest job">
        {stats.oldestMs === null ? (
          <Nothing />
        ) : (
          <Link href={queueLink(queue, 'jobs', { state: 'waiting' })}>{duration(stats.oldestMs)}</Link>
        )}
      </td>
      <td role="cell" class="rates" data-label="Put and ended a second">
        <Link
          href={queueLink(queue, 'history')}
          class="number"
          title="put and ended a second, over the last five minutes"
        >
          <span class="put">
            {perSecond(rates?.put.at(-1) ?? 0)}
            <span class="hidden"> put,</span>
          </span>
          <span class="ended">
            {perSecond(rates?.ended.at(-1) ?? 0)}
            <span class="hidden"> ended</span>
          </span>
        </Link>
        <Sparkline rates={rates} />
      </td>
      <td role="cell" class="number" data-label="p95 wait, run">
        {hour?.waitMs ? duration(hour.waitMs.p95) : <Nothing />}
        <small> / </small>
        {hour?.runMs ? duration(hour.runMs.p95) : <Nothing />}
      </td>
      <td role="cell" class="number" data-label="Failed, 1 h">
        <Link href={queueLink(queue, 'dead')} class={(hour?.dead ?? 0) > 0 ? 'bad' : undefined}>
          {hour ? count(hour.dead) : <Nothing />}
        </Link>
      </td>
      <td role="cell" class="number" data-label="Workers">
        <Link href={queueLink(queue, 'workers')}>{count(stats.pools)}</Link>
        {stats.pools > 0 && row.workers && <small> {plural(row.workers.slots, 'slot')}</small>}
      </td>
    </tr>
  );
});
