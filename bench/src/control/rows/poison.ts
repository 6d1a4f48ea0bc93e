import { spreadOf } from '../../statistics.ts';
import { findPoison, type FoundPoison } from '../poison/find-poison.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';

const INNOCENT = [9, 99, 999];
/** A round of 1,000 jobs takes half a minute, and finds the same. */
const ROUNDS_MAX = 3;

/** One job that ends its process, taken together with innocent ones: how many crashes until it is found, and what that costs. */
export const poisonRow: ControlRow = { name: 'poison', title: 'One poison job among innocent ones', measure };

async function measure({ redis, rounds, onProgress, signal }: ControlBench): Promise<readonly ControlFigure[]> {
  const figures: ControlFigure[] = [];
  for (const innocent of INNOCENT) {
    const found: FoundPoison[] = [];
    for (let round = 0; round < Math.min(rounds, ROUNDS_MAX); round += 1) {
      onProgress(`one among ${innocent}`);
      found.push(await findPoison(redis.socketPath, innocent, signal));
    }
    figures.push(...figuresOf(innocent, found));
  }
  return figures;
}

function figuresOf(innocent: number, found: readonly FoundPoison[]): ControlFigure[] {
  const spread = (pick: (each: FoundPoison) => number) => spreadOf(found.map(pick));
  const most = 1 + Math.ceil(Math.log2(innocent + 1)) + 3;
  const what = `among ${innocent} innocent ones`;
  return [
    { what: `crashes, ${what}`, unit: 'crashes', measured: spread((each) => each.crashes), aim: `at most ${most}` },
    { what: `innocent jobs lost, ${what}`, unit: 'jobs', measured: spread((each) => each.lost), aim: '0' },
    { what: `time, with a lease of 1 s, ${what}`, unit: 's', measured: spread((each) => each.seconds) },
  ];
}
