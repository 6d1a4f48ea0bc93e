import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { frame, Screen } from './screen.ts';

it('cuts lines to the width of the terminal, and says how many do not fit its height', () => {
  const text = frame(['a'.repeat(30), 'b', 'c', 'd', 'e'], { columns: 20, rows: 4 });
  expect(text).toBe('\u001b[Haaaaaaaaaaaaaaaaaaaa\u001b[K\nb\u001b[K\nand 3 more lines\u001b[K\n\u001b[J');
});

it('gives the terminal back as it was', () => {
  const terminal = new PassThrough();
  const seen: string[] = [];
  terminal.on('data', (chunk: Buffer) => seen.push(String(chunk)));
  {
    using screen = new Screen(terminal);
    screen.draw(['x']);
  }
  expect(seen[0]).toBe('\u001b[?1049h\u001b[?25l');
  expect(seen.at(-1)).toBe('\u001b[?25h\u001b[?1049l');
});

it('takes a usual size for a terminal that does not know its own', () => {
  expect(frame(['abc'], { columns: 0, rows: 0 })).toBe('\u001b[Habc\u001b[K\n\u001b[J');
});
