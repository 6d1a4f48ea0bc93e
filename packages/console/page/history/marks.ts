import type { AdminStats, AuditEntry, ListedPool } from '@sluice/queue';
import { count, plural } from '../ui/format.ts';

/** Something that was done to a queue, or a start of workers, for the charts. */
export interface Mark {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: 'start' | 'change';
  readonly text: string;
}

export interface MarkSources {
  readonly queue: string;
  /** Those that are there now: a worker that is gone has left nothing of its start. */
  readonly pools: readonly Pick<ListedPool, 'about'>[];
  readonly capacityFrom: AdminStats['capacityFrom'];
  /** Empty for those who may not read the audit log. */
  readonly audit: readonly AuditEntry[];
}

/** Starts that are this near to each other are one deploy. */
const TOGETHER_MS = 60_000;

/** What is known to have happened from a time to another, the first one first. */
export function marksOf(sources: MarkSources, fromMs: number, toMs: number): Mark[] {
  const marks = [...starts(sources.pools), ...changes(sources)];
  return marks.filter(({ at }) => at >= fromMs && at <= toMs).toSorted((a, b) => a.at - b.at);
}

function starts(pools: MarkSources['pools']): Mark[] {
  const all = pools.flatMap(({ about }) => (about ? [about] : [])).toSorted((a, b) => a.startedAt - b.startedAt);
  const groups: (typeof all)[] = [];
  for (const about of all) {
    const last = groups.at(-1);
    if (last?.[0] && about.startedAt - last[0].startedAt <= TOGETHER_MS) last.push(about);
    else groups.push([about]);
  }
  return groups.map((group) => {
    const versions = new Set(
      group.flatMap(({ version, contracts }) => [
        `Sluice ${version}`,
        ...contracts.map(({ name, version: of }) => `${name}@${of}`),
      ]),
    );
    const at = group[0]?.startedAt ?? 0;
    return { at, kind: 'start', text: `${plural(group.length, 'pool')} started: ${[...versions].join(', ')}` };
  });
}

const switches: Readonly<Record<string, string>> = {
  'POST /v1/queues/:queue/seal': 'sealed',
  'POST /v1/queues/:queue/unseal': 'unsealed',
  'POST /v1/queues/:queue/pause': 'paused',
  'POST /v1/queues/:queue/resume': 'resumed',
  'PATCH /v1/queues/:queue/limits': 'limits or a pause changed',
  'PUT /v1/queues/:queue/capacity': 'capacity set',
  'DELETE /v1/queues/:queue/capacity': 'capacity left to the definition',
};

function changes({ queue, audit, capacityFrom }: MarkSources): Mark[] {
  const noted = audit.flatMap(({ at, what }): Mark[] => {
    const done = switches[`${String(what['method'])} ${String(what['route'])}`];
    if (done === undefined || what['queue'] !== queue || Number(what['status']) >= 300) return [];
    const { capacity } = (what['effect'] ?? {}) as { capacity?: unknown };
    const to = typeof capacity === 'number' ? `: ${count(capacity)}` : '';
    const who = typeof what['client'] === 'string' ? ` by ${what['client']}` : '';
    return [{ at, kind: 'change', text: `${done}${to}${who}` }];
  });
  const since = capacityFrom?.sinceMs ?? null;
  // What the audit log has noted needs no second mark.
  if (since === null || noted.some(({ at, text }) => text.startsWith('capacity') && Math.abs(at - since) < 5_000))
    return noted;
  return [...noted, { at: since, kind: 'change', text: 'the capacity of now came into force' }];
}
