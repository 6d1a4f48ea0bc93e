import { expect, it } from 'vitest';
import { badLineResult, type ResultLine } from './result-line.ts';
import { LineSet } from '../input/line-set.ts';
import { ResultDesk } from './result-desk.ts';
import { ResultWriter } from './result-writer.ts';
import { Tally } from './tally.ts';

function deskOf(): { desk: ResultDesk; tally: Tally; written: () => Promise<number[]> } {
  let text = '';
  const write = async (bytes: Buffer): Promise<void> => void (text += String(bytes));
  const writer = new ResultWriter({ write, finish: async () => undefined, close: async () => undefined });
  const tally = new Tally();
  const written = async (): Promise<number[]> => {
    await writer.finish();
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as ResultLine).line);
  };
  return { desk: new ResultDesk({ done: new LineSet(), tally, writer }), tally, written };
}

const resultOf = (line: number): ResultLine => badLineResult({ line, shownUrl: 'x', message: 'no' });

it('writes the first result of a line and no other', async () => {
  const { desk, tally, written } = deskOf();
  for (const line of [1, 2, 1]) await desk.put(resultOf(line));
  expect(await written()).toEqual([1, 2]);
  expect(tally.lines).toBe(2);
});

it('takes nothing once it is closed', async () => {
  const { desk, written } = deskOf();
  await desk.put(resultOf(1));
  desk.close();
  await desk.put(resultOf(2));
  expect(await written()).toEqual([1]);
});
