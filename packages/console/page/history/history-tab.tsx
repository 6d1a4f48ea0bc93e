import type { JSX } from 'preact';
import { Link, useSearchParams } from 'wouter-preact';
import type { HistoryPoint, HistoryTotals, QueueHistory } from '@sluice/queue';
import { ofQueue } from '../api/ask.ts';
import { useAsked } from '../api/use-asked.ts';
import { queueLink } from '../links.ts';
import { AskedState } from '../ui/asked-state.tsx';
import { count, duration } from '../ui/format.ts';
import { exactTime } from '../ui/format-time.ts';
import { DepthChart } from './depth-chart.tsx';
import { HistoryChart } from './history-chart.tsx';
import { Marks, useMarks } from './mark-list.tsx';

const ranges = [
  ['1h', 'Last hour', 3_600_000],
  ['6h', '6 hours', 6 * 3_600_000],
  ['24h', '24 hours', 24 * 3_600_000],
  ['72h', '72 hours', 72 * 3_600_000],
] as const;

/** What happened to the jobs of a queue, up to 72 hours back. A range that is dragged out in a chart is kept in the address. */
export function HistoryTab({ queue }: { queue: string }): JSX.Element {
  const [params, setParams] = useSearchParams();
  const range = ranges.find(([name]) => name === params.get('range')) ?? ranges[0];
  const [since, until] = [params.get('since'), params.get('until')];
  const isPart = since !== null && until !== null;
  // Whole minutes, so that the address does not change with every look.
  const from = isPart ? since : String(Math.floor((Date.now() - range[2]) / 60_000) * 60_000);
  const asked = useAsked<QueueHistory>(
    ofQueue(queue, 'history', { since: from, ...(isPart && { until }) }),
    isPart ? 0 : 15_000,
  );
  const setRange = (name: string): void => setParams({ range: name });
  const select = (fromMs: number, toMs: number): void =>
    setParams({ since: String(Math.floor(fromMs)), until: String(Math.ceil(toMs)) });
  return (
    <>
      <div class="chips" role="group" aria-label="Range">
        {ranges.map(([name, title]) => (
          <button
            key={name}
            type="button"
            class="chip"
            aria-pressed={!isPart && name === range[0]}
            onClick={() => setRange(name)}
          >
            {title}
          </button>
        ))}
        {isPart && (
          <span>
            {exactTime(Number(since)).slice(0, 16)} to {exactTime(Number(until)).slice(0, 16)}:{' '}
            <Link href={queueLink(queue, 'jobs', { since, before: until })}>jobs of this range</Link>
          </span>
        )}
      </div>
      <AskedState asked={asked} />
      {asked.data && <Charts queue={queue} history={asked.data} onSelect={select} />}
    </>
  );
}

interface ChartsProps {
  readonly queue: string;
  readonly history: QueueHistory;
  readonly onSelect: (fromMs: number, toMs: number) => void;
}

function Charts({ queue, history, onSelect }: ChartsProps): JSX.Element {
  const { points, total, everyMs, jobs } = history;
  const { marks, isAuditRead } = useMarks(queue, history);
  const perMinute = (of: (point: HistoryPoint) => number): number[] =>
    points.map((point) => (of(point) * 60_000) / everyMs);
  const at = points.map((point) => point.at / 1_000);
  return (
    <>
      <dl class="facts">
        {(['put', 'completed', 'retried', 'dead', 'waited', 'refused'] as const).map((name) => (
          <div key={name}>
            <dt>{labels[name]}</dt>
            <dd>{count(total[name])}</dd>
          </div>
        ))}
      </dl>
      <HistoryChart
        title="Jobs a minute"
        at={at}
        onSelect={onSelect}
        marks={marks}
        lines={[
          { name: 'put', color: '--put', values: perMinute(({ put }) => put) },
          { name: 'completed', color: '--ended', values: perMinute(({ completed }) => completed) },
          { name: 'retried', color: '--warn', values: perMinute(({ retried }) => retried) },
          { name: 'dead', color: '--bad', values: perMinute(({ dead }) => dead) },
        ]}
      />
      <HistoryChart
        title="Puts that waited or were refused, a minute"
        at={at}
        onSelect={onSelect}
        marks={marks}
        lines={[
          { name: 'waited', color: '--prioritized', values: perMinute(({ waited }) => waited) },
          { name: 'refused', color: '--bad', values: perMinute(({ refused }) => refused) },
        ]}
      />
      <HistoryChart
        title="Time until the first start, and run time, in seconds"
        at={at}
        onSelect={onSelect}
        marks={marks}
        lines={[
          { name: 'wait p50', color: '--delayed', values: points.map(({ waitMs }) => seconds(waitMs?.p50)) },
          { name: 'wait p95', color: '--waiting', values: points.map(({ waitMs }) => seconds(waitMs?.p95)) },
          { name: 'run p50', color: '--children', values: points.map(({ runMs }) => seconds(runMs?.p50)) },
          { name: 'run p95', color: '--ended', values: points.map(({ runMs }) => seconds(runMs?.p95)) },
        ]}
      />
      <DepthChart queue={queue} history={history} marks={marks} onSelect={onSelect} />
      <Marks marks={marks} isAuditRead={isAuditRead} />
      <Numbers points={points} jobs={jobs} />
    </>
  );
}

const labels = {
  put: 'Put',
  completed: 'Completed',
  retried: 'Retried',
  dead: 'Died',
  waited: 'Waited for capacity',
  refused: 'Refused',
} as const;

/** No data is a gap. */
function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1_000;
}

/** The numbers behind the charts. */
function Numbers({ points, jobs }: { points: readonly HistoryPoint[]; jobs: QueueHistory['jobs'] }): JSX.Element {
  const rows: (readonly [string, HistoryTotals])[] = points
    .filter(hasAny)
    .map((point) => [exactTime(point.at).slice(0, 16), point] as const);
  return (
    <>
      <details>
        <summary>By contract</summary>
        <TotalsTable label="By contract" first="Contract" rows={Object.entries(jobs)} />
      </details>
      <details>
        <summary>As a table</summary>
        <TotalsTable label="By time" first="From" rows={rows} />
      </details>
    </>
  );
}

function hasAny({ put, started, completed, dead, refused }: HistoryPoint): boolean {
  return put + started + completed + dead + refused > 0;
}

function TotalsTable({
  label,
  first,
  rows,
}: {
  label: string;
  first: string;
  rows: readonly (readonly [string, HistoryTotals])[];
}): JSX.Element {
  if (rows.length === 0) return <p class="nothing">Nothing happened in this time.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {[first, ...Object.values(labels), 'Wait p50 / p95', 'Run p50 / p95'].map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, totals]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {(Object.keys(labels) as (keyof typeof labels)[]).map((field) => (
                <td key={field}>{count(totals[field])}</td>
              ))}
              <td>{quantiles(totals.waitMs)}</td>
              <td>{quantiles(totals.runMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function quantiles(of: HistoryTotals['waitMs']): string {
  return of ? `${duration(of.p50)} / ${duration(of.p95)}` : 'no data';
}
