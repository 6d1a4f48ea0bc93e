import { printable } from './printable.ts';

/** A column: what stands above it, and on which side its cells begin. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Between columns. */
const GAP = '  ';

/**
 * Lines of aligned columns, the titles first. Plain text, so that awk, sort and cut read it as well: a library for tables would
 * draw lines around the cells. Put last what may be wide.
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? '').length)));
  return cells.map((row) =>
    columns
      .map(({ align = 'left' }, index) => {
        const cell = row[index] ?? '';
        const width = widths[index] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(GAP)
      .trimEnd(),
  );
}
