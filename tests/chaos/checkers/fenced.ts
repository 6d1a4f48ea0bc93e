import type { Violation } from '@sluice/testing/history';
import type { DeliveryEntry, JobEntry } from '@sluice/testing/queue-log';
import { CLOCKS_MS, type Evidence, type FactOf, factsOf } from './evidence.ts';

type Finding = Pick<Violation, 'kind' | 'message'>;

/**
 * I3, the fencing token: each delivery has its own lease, no job is delivered while another pool holds it, and a delivery
 * was ended by the run that it was for.
 *
 * Kinds: `taken-without-lease`, `token-reused`, `taken-while-held`, `settled-by-stranger`, `reported-unsettled`,
 * `fence-not-growing`, `fence-unknown`, `nothing-seen`.
 */
export function fenced(evidence: Evidence): Violation[] {
  const runs = Map.groupBy(factsOf(evidence, 'delivered'), ({ run = '' }) => run);
  if (runs.size === 0) return [{ kind: 'nothing-seen', message: 'no job was delivered', evidence: [] }];
  const { jobs } = evidence.queueLog;
  const usesFences = evidence.history.facts.some((fact) => fact.type === 'delivered' && fact.fence !== undefined);
  const facts = Map.groupBy(evidence.history.facts, (fact) => ('id' in fact ? fact.id : ''));
  const perJob = [...Map.groupBy(jobs, ({ id }) => id)].flatMap(([id, entries]): Violation[] => {
    const deliveries = entries.flatMap((entry) => entry.deliveries);
    const own = facts.get(id) ?? [];
    return [
      ...entries.flatMap(checkHolders),
      ...deliveries.flatMap((delivery) => checkSettler(delivery, id, runs)),
      ...checkClaims(
        deliveries,
        own.filter((fact) => fact.type === 'reported'),
      ),
      ...(usesFences
        ? checkFences(
            deliveries,
            own.filter((fact) => fact.type === 'delivered'),
          )
        : []),
    ].map(({ kind, message }) => ({ kind, id, message: `job ${id} ${message}`, evidence: own }));
  });
  return [...perJob, ...checkTokens(jobs)];
}

function checkTokens(jobs: readonly JobEntry[]): Violation[] {
  const seen = new Set<string>();
  return jobs.flatMap(({ id, deliveries }) =>
    deliveries.flatMap(({ token, worker }) => {
      const isReused = token !== null && seen.has(token);
      if (token !== null) seen.add(token);
      if (token === null) {
        return [
          {
            kind: 'taken-without-lease',
            id,
            message: `job ${id} was taken by ${worker} without a lease`,
            evidence: [],
          },
        ];
      }
      return isReused
        ? [
            {
              kind: 'token-reused',
              id,
              message: `job ${id} was taken with the token of another delivery`,
              evidence: [],
            },
          ]
        : [];
    }),
  );
}

function checkHolders({ deliveries }: JobEntry): Finding[] {
  return deliveries.flatMap(({ worker, end }, index) => {
    const next = deliveries[index + 1];
    if (end !== null || !next) return [];
    return [{ kind: 'taken-while-held', message: `was taken by ${next.worker} while ${worker} had it` }];
  });
}

/** Results and errors of our handlers name their run. A timeout, say, names nobody, and is nobody's proof. */
function checkSettler(
  { end, worker, takenAtMs }: DeliveryEntry,
  id: string,
  runs: Map<string, FactOf<'delivered'>[]>,
): Finding[] {
  const name = end === null ? undefined : runNamedIn(end.value);
  if (name === undefined) return [];
  const run = runs.get(name)?.[0];
  const isHolder = run?.id === id && run.worker === worker && run.at >= takenAtMs - CLOCKS_MS;
  return isHolder ? [] : [{ kind: 'settled-by-stranger', message: `was held by ${worker}, and ended by ${name}` }];
}

function runNamedIn(value: string): string | undefined {
  return /worker\d+\.\d+#\d+/.exec(value)?.[0];
}

const endings = { completed: 'completed', dead: 'failed', retried: 'returned', released: 'returned' } as const;

/** A pool never reports an end that Redis does not have. */
function checkClaims(deliveries: readonly DeliveryEntry[], reports: readonly FactOf<'reported'>[]): Finding[] {
  const claims = Map.groupBy(reports, ({ worker, outcome }) =>
    outcome in endings ? `${worker} ${endings[outcome as keyof typeof endings]}` : '',
  );
  return [...claims].flatMap(([claim, facts]) => {
    const seen = deliveries.filter(({ worker, end }) => `${worker} ${end?.how}` === claim).length;
    if (claim === '' || facts.length <= seen) return [];
    return [
      {
        kind: 'reported-unsettled',
        message: `is ${claim} ${facts.length} times by its pool, and ${seen} times in Redis`,
      },
    ];
  });
}

function checkFences(deliveries: readonly DeliveryEntry[], runs: readonly FactOf<'delivered'>[]): Finding[] {
  const fences = deliveries.map(({ token }) => Number(token?.split(':').at(-1)));
  const stale = fences.findIndex((fence, index) => index > 0 && !(fence > (fences[index - 1] ?? 0)));
  const unknown = runs.find(({ fence = NaN }) => !fences.includes(fence));
  return [
    stale < 0 ? [] : [{ kind: 'fence-not-growing', message: `got fence ${fences[stale]} after ${fences[stale - 1]}` }],
    unknown ? [{ kind: 'fence-unknown', message: `ran under fence ${unknown.fence}, which no delivery had` }] : [],
  ].flat();
}
