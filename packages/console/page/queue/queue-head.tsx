import type { JSX } from 'preact';
import type { ConsoleQueue } from '@sluice/http/console';
import { useLive } from '../live/use-live.ts';
import { queueLink } from '../links.ts';
import { signsOf } from '../overview/queue-signs.ts';
import { Badge } from '../ui/badge.tsx';
import { count, duration, perSecond } from '../ui/format.ts';
import { depthParts, Gauge } from '../ui/gauge.tsx';
import { Nothing } from '../ui/time.tsx';
import { Link } from 'wouter-preact';

/** What the queue is like now: how full, how fast, how old. */
export function QueueHead({ queue, row }: { queue: string; row: ConsoleQueue | undefined }): JSX.Element {
  return (
    <section class="queue-head" aria-label={`State of ${queue}`}>
      <div class="head">
        <h1>{queue}</h1>
        <div>{row && signsOf(row).map((sign) => <Badge key={sign.word} {...sign} />)}</div>
      </div>
      {row ? <State row={row} /> : <p class="nothing">Looking at the queue.</p>}
    </section>
  );
}

function State({ row: { queue, stats, hour, longestWaitMs } }: { row: ConsoleQueue }): JSX.Element {
  const rates = useLive().rates.get(queue);
  return (
    <>
      <div class="gauge-line">
        <strong class="number">
          {count(stats.depth)} / {stats.capacity === null ? 'no capacity' : count(stats.capacity)}
        </strong>
        <Gauge stats={stats} large />
      </div>
      <ul class="legend">
        {depthParts.map(([part, word]) => (
          <li key={part} class={part}>
            <span class="swatch" aria-hidden="true" />
            {count(stats[part])} {word}
          </li>
        ))}
        {stats.over > 0 && <li class="bad">■ {count(stats.over)} over the capacity</li>}
      </ul>
      <dl class="facts">
        <Fact name="Put, last 5 s">{perSecond(rates?.put.at(-1) ?? 0)} /s</Fact>
        <Fact name="Ended, last 5 s">{perSecond(rates?.ended.at(-1) ?? 0)} /s</Fact>
        <Fact name="Drained in">{drainText(stats)}</Fact>
        <Fact name="Oldest job waits">{stats.oldestMs === null ? <Nothing /> : duration(stats.oldestMs)}</Fact>
        <Fact name="Wait p50 / p95, 1 h">{times(hour?.waitMs)}</Fact>
        <Fact name="Run p50 / p95, 1 h">{times(hour?.runMs)}</Fact>
        <Fact name="Producers waiting">
          <Link href={queueLink(queue, 'waiters')}>{count(stats.waiters.producers)}</Link>
          {longestWaitMs === null ? '' : `, for ${duration(longestWaitMs)}`}
        </Fact>
        <Fact name="Workers">
          <Link href={queueLink(queue, 'workers')}>{count(stats.pools)}</Link>
        </Fact>
      </dl>
    </>
  );
}

function Fact({
  name,
  children,
}: {
  name: string;
  children: JSX.Element | (string | JSX.Element)[] | string;
}): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function times(of: { p50: number; p95: number } | null | undefined): JSX.Element {
  return of ? (
    <>
      {duration(of.p50)} / {duration(of.p95)}
    </>
  ) : (
    <Nothing />
  );
}

/** How long the depth takes at the speed of the last minute. */
function drainText({ depth, drainPerSecond }: ConsoleQueue['stats']): JSX.Element | string {
  if (depth === 0) return 'empty';
  if (drainPerSecond === null || drainPerSecond === 0) return <Nothing />;
  return `about ${duration((depth / drainPerSecond) * 1_000)}`;
}
