import { figure } from './table.ts';

const barChars = 40;

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
    const bar = '█'.repeat(Math.max(1, Math.round((value / most) * barChars)));
    return `${title.padEnd(width)}  ${bar} ${figure(value)}`;
  });
  return [heading, ...lines].join('\n');
}
