import { describe, expect, it } from 'vitest';
import { aMachine } from '../testing/a-machine.ts';
import { type HttpSample, renderHttpSection, summariseHttp } from './http-report.ts';

const sample = (over: Partial<HttpSample>): HttpSample => ({
  contender: 'sluice',
  log: 'no log',
  load: '50 connections',
  jobs: 100,
  elapsedMs: 50,
  nodeCpuUs: 2_000,
  redisCpuUs: 1_000,
  p50Ms: 1,
  p99Ms: 2,
  ...over,
});
const bare = (over: Partial<HttpSample>): HttpSample => sample({ contender: 'bullmq', ...over });
const lines = (over: Partial<HttpSample>): HttpSample => {
  const { p50Ms: _, p99Ms: __, ...rest } = sample({ load: 'lines', ...over });
  return rest;
};

describe('a summary of puts over HTTP', () => {
  it('turns what a run cost into jobs per second and microseconds per job', () => {
    expect(summariseHttp([sample({}), bare({})])).toContainEqual({
      contender: 'sluice',
      log: 'no log',
      load: '50 connections',
      jobsPerSecond: { median: 2_000, lowest: 2_000, highest: 2_000 },
      ratio: { median: 1, lowest: 1, highest: 1 },
      p50Ms: 1,
      p99Ms: 2,
      serverCpuUsPerJob: 20,
      redisCpuUsPerJob: 10,
    });
  });

  it('compares the runs of a round with each other, so that a busy machine does not count', () => {
    const rows = summariseHttp([
      bare({ elapsedMs: 50 }),
      sample({ elapsedMs: 100 }),
      bare({ elapsedMs: 5_000 }),
      sample({ elapsedMs: 10_000 }),
    ]);
    expect(rows.find(({ contender }) => contender === 'sluice')?.ratio).toEqual({
      median: 0.5,
      lowest: 0.5,
      highest: 0.5,
    });
  });

  it('compares lines with single puts over 50 connections, of the same log setting', () => {
    const rows = summariseHttp([
      bare({ elapsedMs: 100 }),
      bare({ elapsedMs: 1_000, load: '1 connection' }),
      bare({ elapsedMs: 2_000, log: 'request log' }),
      lines({ elapsedMs: 25 }),
    ]);
    expect(rows.find(({ load }) => load === 'lines')).toMatchObject({ ratio: { median: 4 }, p50Ms: null });
  });
});

it('a section of puts over HTTP shows lines next to what they are compared with', () => {
  const rows = summariseHttp([bare({ elapsedMs: 100 }), sample({}), lines({ elapsedMs: 25 })]);
  const text = renderHttpSection({
    bench: 'http',
    takenAt: '2026-01-01',
    machine: aMachine,
    rounds: 1,
    jobs: 100,
    rows,
  });
  const [, singles = '', many = ''] = text.split('\n### ');
  expect(singles).toMatch(/^Single puts over 50 connections, no log\n[^]*Queue\.add[^]* 1,000 [^]*Sluice[^]* 2,000 /);
  expect(many).toMatch(/^NDJSON [^]*Queue\.add[^]* 1\.00 [^]*Sluice[^]* 4,000 [^]* 4\.00 /);
});
