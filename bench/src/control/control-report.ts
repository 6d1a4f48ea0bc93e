import { ratio } from '../job-cost.ts';
import { type Machine, renderMachine } from '../machine.ts';
import { figure, renderTable } from '../table.ts';
import type { ControlFigure } from './control-row.ts';

/** What `pnpm bench control --json` prints, row by row. */
export interface ControlReport {
  /** As {@link controlSection} names the row. */
  readonly bench: string;
  readonly title: string;
  readonly takenAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly figures: readonly ControlFigure[];
}

/** The name of a row's section on the page, and of its kept figures. */
export function controlSection(row: string): string {
  return `control ${row}`;
}

/** What stands on the page for a row that nobody has measured. */
export const NOT_MEASURED = 'Not measured yet.';

const columns = [
  { heading: '', align: 'left' },
  { heading: 'unit', align: 'left' },
  { heading: 'median', align: 'right' },
  { heading: 'lowest – highest', align: 'right' },
  { heading: 'compared with', align: 'left' },
  { heading: 'its median', align: 'right' },
  { heading: 'ratio', align: 'right' },
  { heading: 'aim', align: 'left' },
] as const;

/** All of a row for people. */
export function renderControlSection({ machine, takenAt, figures }: ControlReport): string {
  return [renderMachine(machine, takenAt), renderTable(columns, figures.map(cells))].join('\n\n');
}

function cells({ what, unit, measured, comparedWith, aim }: ControlFigure): string[] {
  const { median, lowest, highest } = measured;
  return [
    what,
    unit,
    figure(median),
    `${figure(lowest)} – ${figure(highest)}`,
    comparedWith?.what ?? '–',
    comparedWith ? figure(comparedWith.measured.median) : '–',
    ratio(median, comparedWith?.measured.median),
    aim ?? '–',
  ];
}
