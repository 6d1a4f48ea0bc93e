import { expect, it } from 'vitest';
import { tableLines } from './table.ts';

it('aligns columns on their side, without blanks at the end', () => {
  expect(
    tableLines(
      [{ title: 'QUEUE' }, { title: 'DEPTH', align: 'right' }, { title: 'STATE' }],
      [
        ['a', '1,000', ''],
        ['longer', '2', 'sealed'],
      ],
    ),
  ).toEqual(['QUEUE   DEPTH  STATE', 'a       1,000', 'longer      2  sealed']);
});

it('shows a line break in a cell instead of breaking the line', () => {
  expect(tableLines([{ title: 'ID' }], [['a\nb']])).toEqual(['ID', 'a\\u{a}b']);
});
