import { type Machine, renderMachine } from '../machine.ts';
import type { OrderOfAdmission } from './order-of-admission.ts';
import { figure, renderTable } from '../table.ts';

/** From capacity freed to a waiting put that has got it. */
export interface AdmissionFigures {
  readonly waiters: number;
  readonly processes: number;
  readonly samples: number;
  /** From the handler's return, which frees capacity, to the receipt in the process of the waiting put. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly order: OrderOfAdmission;
}

/** What waiting costs Redis while nothing moves. */
export interface StandstillFigures {
  readonly waiters: number;
  readonly processes: number;
  /** Commands that Redis ran, those inside scripts included. */
  readonly commandsPerSecond: number;
  readonly scriptsPerSecond: number;
  /** CPU time of Redis per second of waiting. */
  readonly redisCpuUsPerSecond: number;
}

/** How far the queue was ever above its capacity. */
export interface OvershootFigures {
  readonly producers: number;
  readonly processes: number;
  readonly capacity: number;
  readonly admissions: number;
  readonly highestDepth: number;
}

/** What a flood of jobs costs everybody else. */
export interface FloodFigures {
  readonly jobs: number;
  readonly jobsPerSecond: number;
  /** The longest run of a script: so long Redis served nobody else. 0 when none took over a millisecond. */
  readonly longestMs: number;
  readonly over5Ms: number;
  readonly over10Ms: number;
}

/** What `pnpm bench wait --json` prints. */
export interface WaitReport {
  readonly bench: 'wait';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly admission: readonly AdmissionFigures[];
  readonly standstill: StandstillFigures;
  readonly overshoot: OvershootFigures;
  readonly flood: FloodFigures;
}

const columns = [
  { heading: 'waiting', align: 'right' },
  { heading: 'in processes', align: 'right' },
  { heading: 'times freed', align: 'right' },
  { heading: 'p50 ms', align: 'right' },
  { heading: 'p99 ms', align: 'right' },
  { heading: 'puts passed by a later one', align: 'right' },
  { heading: 'by at most', align: 'right' },
] as const;

/** All of a report for people. */
export function renderWaitSection(report: WaitReport): string {
  return [
    renderMachine(report.machine, report.takenAt),
    renderTable(columns, report.admission.map(cells)),
    standstillText(report.standstill),
    overshootText(report.overshoot),
    floodText(report.flood),
  ].join('\n\n');
}

function cells({ waiters, processes, samples, p50Ms, p99Ms, order }: AdmissionFigures): string[] {
  const passed = `${order.passed} of ${order.puts}`;
  const times = [figure(p50Ms), figure(p99Ms)];
  return [String(waiters), String(processes), String(samples), ...times, passed, String(order.mostPassedBy)];
}

function standstillText({ waiters, processes, ...cost }: StandstillFigures): string {
  return (
    `While nothing moves, ${waiters} puts that wait in ${processes} processes make Redis run ` +
    `${figure(cost.scriptsPerSecond)} scripts a second (${figure(cost.commandsPerSecond)} commands, those inside the ` +
    `scripts included): ${figure(cost.redisCpuUsPerSecond / 10_000)} % of a core.`
  );
}

function overshootText({ producers, processes, capacity, admissions, highestDepth }: OvershootFigures): string {
  return (
    `${producers} producers in ${processes} processes at a queue with a capacity of ${capacity}: ${admissions} jobs went in, ` +
    `the highest depth was ${highestDepth}, ${Math.max(0, highestDepth - capacity)} over.`
  );
}

function floodText({ jobs, jobsPerSecond, longestMs, over5Ms, over10Ms }: FloodFigures): string {
  return (
    `While ${jobs.toLocaleString('en')} jobs go in by \`putMany\`, ${figure(jobsPerSecond)} a second, the longest run of a ` +
    `script takes ${figure(longestMs)} ms; ${over5Ms} take more than 5 ms, ${over10Ms} more than 10 ms.`
  );
}
