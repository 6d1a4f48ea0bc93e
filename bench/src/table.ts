/** One column: its heading, and on which side its cells stand. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
}

/**
 * A Markdown table whose columns also stand straight in a terminal.
 *
 * @throws RangeError when a row has more or fewer cells than there are columns.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  for (const row of rows) {
    if (row.length !== columns.length) throw new RangeError(`${row.length} cells in ${columns.length} columns`);
  }
  const widths = columns.map(({ heading }, index) =>
    Math.max(3, heading.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index])).join(' | ')} |`;
  const rule = columns.map(({ align }, index) => {
    const dashes = '-'.repeat((widths[index] ?? 0) - 1);
    return align === 'right' ? `${dashes}:` : `${dashes}-`;
  });
  return [line(columns.map(({ heading }) => heading)), line(rule), ...rows.map(line)].join('\n');
}

function pad(cell: string, width: number, column: Column | undefined): string {
  return column?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
}

/** A figure for people: whole from 100 on, one digit from 10 on, two below. */
export function figure(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const BAR_CHARS = 40;

export interface Bar {
  readonly title: string;
  readonly value: number;
}

/** A heading, and below it figures as bars of text. The longest bar fills the width. Empty when there are none. */
export function renderBars(heading: string, bars: readonly Bar[]): string {
  if (bars.length === 0) return '';
  const most = Math.max(...bars.map(({ value }) => value));
  const width = Math.max(...bars.map(({ title }) => title.length));
  const lines = bars.map(({ title, value }) => {
    const bar = '█'.repeat(Math.max(1, Math.round((value / most) * BAR_CHARS)));
    return `${title.padEnd(width)}  ${bar} ${figure(value)}`;
  });
  return [heading, ...lines].join('\n');
}
