import { renderMachine } from '../render-machine.ts';
import { figure, renderTable } from '../table.ts';
import type { HungFigures, KilledFigures, RecoverReport } from './recover-report.ts';

/** All of a report for people. */
export function renderRecoverSection({ machine, takenAt, killed, hung }: RecoverReport): string {
  return [renderMachine(machine, takenAt), killedTable(killed), hungText(hung)].join('\n\n');
}

function killedTable({ samples, p50Ms, shortestMs, longestMs }: KilledFigures): string {
  const headings = ['workers killed', 'job running elsewhere, p50 ms', 'soonest', 'latest'];
  const cells = [String(samples), figure(p50Ms), figure(shortestMs), figure(longestMs)];
  return renderTable(
    headings.map((heading) => ({ heading, align: 'right' })),
    [cells],
  );
}

function hungText({ samples, timeoutMs, graceMs, p50LateMs, p99LateMs }: HungFigures): string {
  return (
    `Of ${samples} handlers that hung, with a deadline of ${timeoutMs} ms and a grace of ${graceMs} ms, half had their ` +
    `slot taken by the next job within ${figure(p50LateMs)} ms of the two, 99 % within ${figure(p99LateMs)} ms.`
  );
}
