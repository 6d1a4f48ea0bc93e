import type { FaultKind } from '@sluice/testing/history';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

/** A fault and its time. */
export interface PlannedFault {
  /** Milliseconds from the beginning of the run. */
  atMs: number;
  kind: Exclude<FaultKind, 'block'>;
  /** `redis`, or a managed process such as `worker2`: the one that has this name at that time. */
  target: string;
  /** How long it lasts. For a fault that ends a process: how long until it is replaced. */
  forMs: number;
}

export interface PlanOptions {
  seed: number;
  /** How long faults are injected. The last one is over by then. */
  durationMs: number;
  producers: number;
  workers: number;
  operators: number;
}

export const redisTarget = 'redis';

/** The names of a run's managed processes. */
export function processNames({
  producers,
  workers,
  operators,
}: Pick<PlanOptions, 'producers' | 'workers' | 'operators'>): Record<'producers' | 'workers' | 'operators', string[]> {
  const names = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name}${n + 1}`);
  return {
    producers: names('producer', producers),
    workers: names('worker', workers),
    operators: names('operator', operators),
  };
}

/** All faults of a run, in their order. The same options give the same plan. */
export function makePlan(options: PlanOptions): PlannedFault[] {
  const { producers, workers, operators } = processNames(options);
  const course = (target: string, draw: Draw, restMs: Range): PlannedFault[] =>
    planTarget({ target, draw, restMs, durationMs: options.durationMs }, seededRandom(`${options.seed} ${target}`));
  return [
    ...producers.flatMap((managed) => course(managed, drawForProducer, [2_000, 14_000])),
    ...operators.flatMap((managed) => course(managed, drawForProducer, [4_000, 16_000])),
    ...workers.flatMap((managed) => course(managed, drawForWorker, [4_000, 16_000])),
    ...course(redisTarget, drawForRedis, [8_000, 25_000]),
  ].toSorted((a, b) => a.atMs - b.atMs);
}

type Range = readonly [least: number, most: number];
type Draw = (random: SeededRandom) => Pick<PlannedFault, 'kind' | 'forMs'>;

/** One fault after another, each over before the next begins. */
function planTarget(
  { target, draw, restMs, durationMs }: { target: string; draw: Draw; restMs: Range; durationMs: number },
  random: SeededRandom,
): PlannedFault[] {
  const faults: PlannedFault[] = [];
  let atMs = random.between(...restMs);
  for (;;) {
    const fault = { atMs, target, ...draw(random) };
    if (atMs + fault.forMs > durationMs) return faults;
    faults.push(fault);
    atMs += fault.forMs + random.between(...restMs);
  }
}

// Past a ticket's life (3 s), past the resend window (10 s), past a lease (5 s and the sweep).
const shortly: Range = [100, 2_000];
const pastTicket: Range = [3_300, 5_000];
const pastResend: Range = [10_200, 12_000];
const pastLease: Range = [6_500, 9_500];

function drawForProducer(random: SeededRandom): { kind: PlannedFault['kind']; forMs: number } {
  const kind = random.pick({ kill: 4, exit: 1, stop: 4, cut: 4, stall: 3, drop: 5 });
  if (kind === 'drop') return { kind, forMs: 0 };
  const range = kind === 'stop' || kind === 'stall' ? lasting(random, [shortly, pastTicket, pastResend]) : shortly;
  return { kind, forMs: random.between(...range) };
}

function drawForWorker(random: SeededRandom): { kind: PlannedFault['kind']; forMs: number } {
  const kind = random.pick({ kill: 5, exit: 2, stop: 4, cut: 3, stall: 3, drop: 4 });
  if (kind === 'drop') return { kind, forMs: 0 };
  const range = kind === 'kill' || kind === 'exit' ? shortly : lasting(random, [shortly, pastLease]);
  return { kind, forMs: random.between(...range) };
}

function drawForRedis(random: SeededRandom): { kind: PlannedFault['kind']; forMs: number } {
  const kind = random.pick({ kill: 3, exit: 2, stop: 3 });
  return { kind, forMs: random.between(...lasting(random, [shortly, pastTicket, pastLease])) };
}

function lasting(random: SeededRandom, ranges: readonly Range[]): Range {
  return ranges[random.between(0, ranges.length - 1)] ?? shortly;
}
