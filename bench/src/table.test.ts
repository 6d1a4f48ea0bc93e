import { describe, expect, it } from 'vitest';
import { figure, renderTable } from './table.ts';

const columns = [
  { heading: 'who', align: 'left' },
  { heading: 'jobs/s', align: 'right' },
] as const;

describe('a table', () => {
  it('is Markdown that also stands straight in a terminal', () => {
    const table = renderTable(columns, [
      ['sluice', '1,200'],
      ['a longer name', '9'],
    ]);
    expect(table.split('\n')).toEqual([
      '| who           | jobs/s |',
      '| ------------- | -----: |',
      '| sluice        |  1,200 |',
      '| a longer name |      9 |',
    ]);
  });

  it('refuses a row with a cell too few', () => {
    expect(() => renderTable(columns, [['sluice']])).toThrow('1 cells in 2 columns');
  });
});

describe('a figure', () => {
  it.each([
    [12_345.6, '12,346'],
    [45.67, '45.7'],
    [3.14159, '3.14'],
    [0, '0.00'],
  ])('%d is shown as %s', (value, shown) => expect(figure(value)).toBe(shown));
});
