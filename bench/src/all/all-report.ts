import { type Machine, renderMachine } from '../machine.ts';
import { median, spreadOf } from '../statistics.ts';
import { figure, renderTable } from '../table.ts';
import { type Pair, type Peer, peerNames, type RatioRow, ratiosOf } from './ratio-row.ts';

/** What `pnpm bench all --json` prints. */
export interface AllReport {
  readonly bench: 'all';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly quick: boolean;
  readonly rows: readonly RatioRow[];
  /** Why a peer was not measured. */
  readonly notMeasured: { readonly [name in Peer]?: string };
}

const columns = [
  { heading: '', align: 'left' },
  { heading: 'unit', align: 'left' },
  { heading: 'BullMQ', align: 'right' },
  { heading: 'Sluice', align: 'right' },
  { heading: '× BullMQ', align: 'right' },
  { heading: 'by round', align: 'right' },
  { heading: '', align: 'left' },
  { heading: 'Node µs ×', align: 'right' },
  { heading: 'Redis µs ×', align: 'right' },
  ...peerNames.map((name) => ({ heading: `${name} ×`, align: 'right' as const })),
] as const;

/** All of a report for people. */
export function renderAllSection({ machine, takenAt, rows, notMeasured }: AllReport): string {
  const missing = Object.entries(notMeasured).map(([name, why]) => `${name} was not measured here: ${why}.`);
  return [renderMachine(machine, takenAt), renderTable(columns, rows.map(cells)), summary(rows), ...missing].join(
    '\n\n',
  );
}

function cells({ name, unit, measured, better, cpu, peers }: RatioRow): string[] {
  const ratios = spreadOf(ratiosOf(measured));
  return [
    name,
    unit,
    figure(median(measured.bullmq)),
    figure(median(measured.ours)),
    ratios.median.toFixed(2),
    `${ratios.lowest.toFixed(2)} – ${ratios.highest.toFixed(2)}`,
    isBehind(ratios.median, better) ? 'behind' : '',
    cpu ? times(cpu.node) : '–',
    cpu ? times(cpu.redis) : '–',
    ...peerNames.map((peer) => {
      const ours = peers?.[peer];
      return ours ? times({ bullmq: measured.bullmq, ours }) : '–';
    }),
  ];
}

const times = (pair: Pair): string => median(ratiosOf(pair)).toFixed(2);

/** One half of a hundredth is none: what a table shows as 1.00 is not behind. */
function isBehind(ratio: number, better: RatioRow['better']): boolean {
  return better === 'more' ? ratio < 0.995 : ratio > 1.005;
}

function summary(rows: readonly RatioRow[]): string {
  const behind = rows.filter(({ measured, better }) => isBehind(median(ratiosOf(measured)), better));
  if (behind.length === 0) return `None of ${rows.length} rows is behind BullMQ.`;
  return `${behind.length} of ${rows.length} rows are behind BullMQ: ${behind.map(({ name }) => name).join('; ')}.`;
}
