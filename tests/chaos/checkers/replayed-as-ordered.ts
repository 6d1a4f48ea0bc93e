import type { Violation } from '@sluice/testing/history';
import { type Evidence, factsOf } from './evidence.ts';

/**
 * Dead letters: what is reported as replayed was put back to work, no more often than was ordered, and none by itself.
 *
 * Kinds: `replayed-and-not`, `replayed-unasked`.
 */
export function replayedAsOrdered(evidence: Evidence): Violation[] {
  const sent = factsOf(evidence, 'order-sent').filter(({ order }) => order === 'replay');
  const done = factsOf(evidence, 'order-answered').filter(
    ({ order, answer }) => order === 'replay' && answer === 'replayed',
  );
  const runs = factsOf(evidence, 'order-sent').filter(({ order }) => order === 'replay-all').length;
  const inRedis = countReplays(evidence);
  const named = [...Map.groupBy(done, ({ id = '' }) => id)].flatMap(([id, facts]) => {
    const seen = inRedis.get(id) ?? 0;
    if (facts.length <= seen) return [];
    const message = `job ${id} was reported as replayed ${facts.length} times, and was ${seen} times`;
    return [{ kind: 'replayed-and-not', id, message, evidence: facts }];
  });
  const orders = Map.groupBy(sent, ({ id = '' }) => id);
  const unasked = [...inRedis].flatMap(([id, seen]) => {
    const asked = (orders.get(id)?.length ?? 0) + runs;
    if (seen <= asked) return [];
    return [
      {
        kind: 'replayed-unasked',
        id,
        message: `job ${id} was replayed ${seen} times, by ${asked} orders`,
        evidence: [],
      },
    ];
  });
  return [...named, ...unasked, ...checkTotals(evidence, inRedis)];
}

function countReplays({ queueLog }: Evidence): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { id, replays } of queueLog.jobs) if (replays > 0) counts.set(id, (counts.get(id) ?? 0) + replays);
  return counts;
}

/** What orders for all dead letters and those for one report, together. */
function checkTotals(evidence: Evidence, inRedis: ReadonlyMap<string, number>): Violation[] {
  const reported = factsOf(evidence, 'order-answered').reduce((sum, { order, answer }) => {
    if (order === 'replay-all') return sum + Number(answer);
    return sum + (order === 'replay' && answer === 'replayed' ? 1 : 0);
  }, 0);
  const seen = [...inRedis.values()].reduce((sum, count) => sum + count, 0);
  if (reported <= seen) return [];
  return [
    { kind: 'replayed-and-not', message: `${reported} replays were reported, and ${seen} happened`, evidence: [] },
  ];
}
