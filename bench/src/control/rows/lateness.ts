import type { ControlFigure, ControlRow } from '../control-row.ts';
import { latenessCases, latenessTitles } from '../lateness/lateness-plan.ts';
import { type LatenessFigures, measureLateness } from '../lateness/measure-lateness.ts';

/** From the time at which a job is due to the start of its handler, next to BullMQ's Worker and a mere timer. */
export const latenessRow: ControlRow = {
  name: 'lateness',
  title: 'How late delayed and scheduled jobs start',
  measure: async (bench) => figuresOf(await measureLateness(bench)),
};

function figuresOf(found: LatenessFigures): ControlFigure[] {
  const unit = 'ms';
  const figures = latenessCases.flatMap((which): ControlFigure[] => {
    const { bullmq, sluice } = found[which];
    const what = latenessTitles[which];
    return [
      {
        what,
        unit,
        measured: sluice.median,
        comparedWith: { what: 'BullMQ', measured: bullmq.median },
        aim: 'at most 5',
      },
      {
        what: `${what}, 99 %`,
        unit,
        measured: sluice.p99,
        comparedWith: { what: 'BullMQ', measured: bullmq.p99 },
        aim: 'at most 20',
      },
    ];
  });
  const { median, p99 } = found.idle.timer;
  const timer = 'a timer of Node, no queue';
  return [...figures, { what: timer, unit, measured: median }, { what: `${timer}, 99 %`, unit, measured: p99 }];
}
