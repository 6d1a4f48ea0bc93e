import type { JSX } from 'preact';
import type { RedisState } from '@sluice/queue';
import type { ConsoleQueue } from '@sluice/http/console';
import { useAsked } from '../api/use-asked.ts';
import { bytes, count, plural } from '../ui/format.ts';
import { Nothing } from '../ui/time.tsx';

/** Above this share of its memory, producers are about to refuse puts: they do at 95 %, unless told otherwise. */
const TIGHT = 0.9;
/** A call that does nothing takes less, on a Redis that is well. */
const SLOW_MS = 20;

/** What all queues stand on: Redis, and who works. */
export function FleetFacts({ rows }: { rows: readonly ConsoleQueue[] }): JSX.Element {
  const { data: redis } = useAsked<RedisState>('v1/redis', 5_000);
  const pools = rows.reduce((sum, { stats }) => sum + stats.pools, 0);
  const slots = rows.reduce((sum, { workers }) => sum + (workers?.slots ?? 0), 0);
  const active = rows.reduce((sum, { stats }) => sum + stats.active, 0);
  return (
    <dl class="fleet" aria-label="Redis and workers">
      <div>
        <dt>{redis?.server === 'valkey' ? 'Valkey' : 'Redis'}</dt>
        <dd>{redis ? redis.version : <Nothing />}</dd>
      </div>
      <div>
        <dt>Memory</dt>
        <dd>{redis ? <Memory of={redis} /> : <Nothing />}</dd>
      </div>
      <div>
        <dt>Latency</dt>
        <dd>{redis ? <Latency ms={redis.latencyMs} /> : <Nothing />}</dd>
      </div>
      <div>
        <dt>Workers</dt>
        <dd>
          {plural(pools, 'pool')}, {plural(slots, 'slot')}, {plural(active, 'job runs', 'jobs run')}
        </dd>
      </div>
    </dl>
  );
}

function Memory({ of: { usedBytes, maxBytes } }: { of: RedisState }): JSX.Element {
  if (usedBytes === null) return <Nothing />;
  if (maxBytes === null) return <>{bytes(usedBytes)}, no limit is set</>;
  const share = usedBytes / maxBytes;
  const text = `${bytes(usedBytes)} of ${bytes(maxBytes)}, ${count(Math.round(share * 100))} %`;
  if (share < TIGHT) return <>{text}</>;
  return (
    <span class="bad" title="near its end, producers refuse puts, so that jobs that are in can end">
      ■ memory: {text}
    </span>
  );
}

function Latency({ ms }: { ms: number }): JSX.Element {
  const text = ms < 10 ? `${ms.toFixed(1)} ms` : `${count(Math.round(ms))} ms`;
  return ms < SLOW_MS ? <>{text}</> : <span class="warn">▲ {text}</span>;
}
