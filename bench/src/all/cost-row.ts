import type { RunCost } from '../job-cost.ts';
import { type Pair, type Peer, peerNames, type RatioRow } from './ratio-row.ts';

/** One run of a contender. The runs of each are in the order of the rounds. */
type ContenderRun = RunCost & { readonly contender: string };

/** The row of one case: jobs a second and CPU per job of one of ours, next to BullMQ and the peers that ran in the same rounds. */
export function costRow(name: string, ours: string, runs: readonly ContenderRun[]): RatioRow {
  const figures = (contender: string, of: (run: RunCost) => number): number[] =>
    runs.filter((run) => run.contender === contender).map(of);
  const pair = (of: (run: RunCost) => number): Pair => ({ bullmq: figures('bullmq', of), ours: figures(ours, of) });
  const perSecond = ({ jobs, elapsedMs }: RunCost): number => (jobs * 1_000) / elapsedMs;
  const peers = peerNames.flatMap((peer): [Peer, number[]][] => {
    const own = figures(peer === 'bunqueue' ? 'bunqueue-memory' : peer, perSecond);
    return own.length === 0 ? [] : [[peer, own]];
  });
  return {
    name,
    unit: 'jobs/s',
    better: 'more',
    measured: pair(perSecond),
    cpu: {
      node: pair(({ nodeCpuUs, jobs }) => nodeCpuUs / jobs),
      redis: pair(({ redisCpuUs, jobs }) => redisCpuUs / jobs),
    },
    peers: Object.fromEntries(peers),
  };
}
