import { expect, it } from 'vitest';
import { type ControlReport, renderControlSection } from './control-report.ts';
import { controlRows } from './known-rows.ts';
import { runControlBench } from './run-control-bench.ts';

/** Reports, to the last. */
async function allOf(reports: AsyncIterable<ControlReport>): Promise<ControlReport[]> {
  const all: ControlReport[] = [];
  for await (const report of reports) all.push(report);
  return all;
}

const quiet = { onProgress: () => {}, signal: new AbortController().signal };

it.each(['flow', 'dedupe'])(
  'bench control %s has figures above nothing, on an empty Redis of its own',
  async (name) => {
    const rows = controlRows.filter((row) => row.name === name);
    const reports = await allOf(runControlBench({ rows, rounds: 1 }, quiet));
    expect(reports.map(({ bench }) => bench)).toEqual([`control ${name}`]);
    for (const report of reports) {
      expect(report.figures.length).toBeGreaterThan(0);
      for (const { measured } of report.figures) expect(measured.lowest).toBeGreaterThan(0);
      expect(renderControlSection(report)).toContain(`| ${report.figures[0]?.what}`);
    }
  },
);

it('bench control ends when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const reports = runControlBench({ rows: controlRows, rounds: 1 }, { ...quiet, signal });
  await expect(allOf(reports)).rejects.toThrow('enough');
});
