import { type Machine, renderMachine } from '../machine.ts';
import { figure, renderTable } from '../table.ts';

/** From the kill of a worker to the start of its job's handler in another. */
export interface KilledFigures {
  readonly samples: number;
  readonly p50Ms: number;
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** How long after deadline and grace the slot of a hung handler ran the next job. */
export interface HungFigures {
  readonly samples: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly p50LateMs: number;
  readonly p99LateMs: number;
}

/** What `pnpm bench recover --json` prints. */
export interface RecoverReport {
  readonly bench: 'recover';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly killed: KilledFigures;
  readonly hung: HungFigures;
}

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
