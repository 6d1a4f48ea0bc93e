import { expect, it } from 'vitest';
import { badLineResult, type ResultLine } from './result-line.ts';
import { LineNumberSet } from '../input/line-number-set.ts';
import { ResultCollector } from './result-collector.ts';
import { ResultWriter } from './result-writer.ts';
import { RunCounts } from './run-counts.ts';

function collectorOf(): { collector: ResultCollector; counts: RunCounts; written: () => Promise<number[]> } {
  let text = '';
  const write = async (bytes: Buffer): Promise<void> => void (text += String(bytes));
  const writer = new ResultWriter({ write, finish: async () => undefined, close: async () => undefined });
  const counts = new RunCounts();
  const written = async (): Promise<number[]> => {
    await writer.finish();
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as ResultLine).line);
  };
  return { collector: new ResultCollector({ done: new LineNumberSet(), counts, writer }), counts, written };
}

const resultOf = (line: number): ResultLine => badLineResult({ line, shownUrl: 'x', message: 'no' });

it('writes the first result of a line and no other', async () => {
  const { collector, counts, written } = collectorOf();
  for (const line of [1, 2, 1]) await collector.put(resultOf(line));
  expect(await written()).toEqual([1, 2]);
  expect(counts.lines).toBe(2);
});

it('takes nothing once it is closed', async () => {
  const { collector, written } = collectorOf();
  await collector.put(resultOf(1));
  collector.close();
  await collector.put(resultOf(2));
  expect(await written()).toEqual([1]);
});
