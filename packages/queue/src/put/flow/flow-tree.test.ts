import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { FlowInvalidError } from '../../job/errors/index.ts';
import { flowOfTree } from './flow-of-tree.ts';
import { flowTreeLimits, readFlowTree } from './flow-tree.ts';

const page = defineJob({ name: 'page', payload: z.object({ n: z.int() }), result: z.string(), timeoutMaxMs: 60_000 });
const report = defineJob({ name: 'report', payload: z.string(), result: z.string() });
const reports = defineQueue({ name: 'reports', jobs: [report, page], capacity: 10 });
const pages = defineQueue({ name: 'pages', jobs: [page], capacity: 10 });

/** What is wrong, as `path: message`; empty when nothing is. */
async function wrongWith(given: unknown): Promise<string[]> {
  try {
    await flowOfTree(readFlowTree(given), reports, [reports, pages]);
    return [];
  } catch (error) {
    if (!(error instanceof FlowInvalidError)) throw error;
    return error.issues.map(({ path, message }) => `${path.join('/')}: ${message}`);
  }
}

const good = { job: 'page', payload: { n: 1 } };
const over = (children: unknown[], more: object = {}) => ({ job: 'report', payload: 'r', children, ...more });
/** So many jobs, each the only child of the one above it. */
const chainOf = (length: number): object => (length === 1 ? good : { ...good, children: [chainOf(length - 1)] });

describe('a flow that came as JSON', () => {
  it('is the flow that the program would have made', async () => {
    const child = { ...good, id: 'p', queue: 'pages', whenDead: 'ignore', delayMs: 5, priority: 2, attempts: 3 };
    const flow = await flowOfTree(readFlowTree(over([child, good], { timeoutMs: 100 })), reports, [reports, pages]);
    expect(flow).toMatchObject({ job: report, payload: 'r', options: { timeoutMs: 100 } });
    const { queue: _, job: _name, payload, ...options } = child;
    expect(flow.options.children).toMatchObject([
      { job: page, payload, options: { ...options, queue: pages, children: [] } },
      { job: page, payload: { n: 1 } },
    ]);
    expect(flow.options.children?.[1]?.options).not.toHaveProperty('queue');
  });

  it.each([
    ['no object', 7, [': must be an object with a job and its payload']],
    ['a list', [good], [': must be an object with a job and its payload']],
    ['a root without a job', { payload: 1 }, ['job: must be the name of a contract, not undefined']],
    [
      'an unknown member',
      over([{ ...good, payoad: 1 }]),
      [expect.stringMatching(/^children\/0\/payoad: is no option/)],
    ],
    ['children that are no list', { ...good, children: {} }, ['children: must be a list of jobs, not an object']],
    ['a child that is no job', over([good, null]), ['children/1: must be an object with a job and its payload']],
    [
      'an option out of range',
      over([{ ...good, priority: 0 }]),
      [expect.stringMatching(/^children\/0\/priority: must/)],
    ],
    [
      'an unknown whenDead',
      over([{ ...good, whenDead: 'no' }]),
      [expect.stringMatching(/^children\/0\/whenDead: must/)],
    ],
    ['an id that cannot be one', over([{ ...good, id: '' }]), [expect.stringMatching(/^children\/0\/id: /)]],
    ['an unknown contract', over([{ ...good, job: 'pge' }]), ['children/0/job: is not known; did you mean page?']],
    ['an unknown queue', over([{ ...good, queue: 'x' }]), ['children/0/queue: must be one of reports, pages']],
    ['a contract of another queue', over([{ ...over([]), queue: 'pages' }]), ['children/0/job: must be one of page']],
    [
      'a timeout above its contract',
      over([{ ...good, timeoutMs: 60_001 }]),
      [expect.stringMatching(/^children\/0\/timeoutMs: must be a whole number from 1 to 60,000/)],
    ],
    [
      'several at once',
      over([
        { ...good, payload: { n: 'x' } },
        { ...good, children: [{ ...good, payload: {} }] },
      ]),
      [
        expect.stringMatching(/^children\/0\/payload\/n: /),
        expect.stringMatching(/^children\/1\/children\/0\/payload\/n: /),
      ],
    ],
    [
      'a payload that is too large',
      { job: 'report', payload: 'x'.repeat(300_000) },
      [expect.stringMatching(/^payload: /)],
    ],
  ])('is refused for %s', async (_, given, wrong) => {
    expect(await wrongWith(given)).toEqual(wrong);
  });

  it('says which job is wrong in its message', () => {
    const given = over([good, good, { ...good, children: [{ payload: 1 }] }]);
    expect(() => readFlowTree(given)).toThrow('the flow is invalid: children[2].children[0].job: must be');
  });

  it('has limits of jobs and depth, and tells no more than 100 problems', async () => {
    const { jobsMax, depthMax } = flowTreeLimits;
    expect(await wrongWith(over(Array(jobsMax - 1).fill(good)))).toEqual([]);
    expect(await wrongWith(over(Array(jobsMax).fill(good)))).toEqual([': has more than 1,000 jobs']);
    expect(await wrongWith(chainOf(depthMax))).toEqual([]);
    expect(await wrongWith(chainOf(1_000))).toEqual([': has more than 20 jobs below each other']);
    expect(await wrongWith(over(Array(500).fill({})))).toHaveLength(100);
  });
});
