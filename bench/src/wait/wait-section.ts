import { renderMachine } from '../render-machine.ts';
import { figure, renderTable } from '../table.ts';
import type { AdmissionFigures, FloodFigures, OvershootFigures, StandstillFigures, WaitReport } from './wait-report.ts';

const columns = [
  { heading: 'waiting', align: 'right' },
  { heading: 'in processes', align: 'right' },
  { heading: 'rooms freed', align: 'right' },
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
