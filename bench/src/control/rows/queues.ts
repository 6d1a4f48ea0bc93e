import type { ControlRow } from '../control-row.ts';
import { measureQueues } from '../queues/measure-queues.ts';

/** What each further queue costs a process that puts into many, or works many off: connections, memory and CPU. */
export const queuesRow: ControlRow = {
  name: 'queues',
  title: 'Many queues in one process',
  measure: (bench) => measureQueues(bench, bench.quick ? [1, 10] : [1, 20, 200]),
};
