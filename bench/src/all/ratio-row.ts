/** The same figure of BullMQ and of ours, one for each round. The n-th of both are of one round, in which they took turns. */
export interface Pair {
  readonly bullmq: readonly number[];
  readonly ours: readonly number[];
}

/** Whose figures stand next to the two. */
export const peerNames = ['bee-queue', 'bunqueue'] as const;
export type Peer = (typeof peerNames)[number];

/** One row of the table of all: a figure of ours next to BullMQ's, taken in one run. */
export interface RatioRow {
  /** What was measured, and the way of ours where there are several. Together with the unit it is the only one. */
  readonly name: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly measured: Pair;
  /** CPU time per job of Node's process and of Redis. It depends far less on how the machine shares its cores than a rate does. */
  readonly cpu?: { readonly node: Pair; readonly redis: Pair };
  readonly peers?: { readonly [name in Peer]?: readonly number[] };
}

/** How many times BullMQ's figure ours was, round by round. What both pay for a busy machine in a round drops out. */
export function ratiosOf({ bullmq, ours }: Pair): number[] {
  return ours.slice(0, bullmq.length).map((value, round) => value / (bullmq[round] ?? Number.NaN));
}
