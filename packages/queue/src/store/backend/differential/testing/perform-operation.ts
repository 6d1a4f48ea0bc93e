import { type FlowJob, type Job, type JobNode, UnrecoverableError } from 'bullmq';
import type { NewFlow, Operation, QueueIndex } from './operation.ts';
import type { Side } from './side.ts';

/** What a caller saw: the answer, or the error. Prefixes are taken out, so that both sides can be compared. */
export type Outcome = { answer: unknown } | { error: string };

export async function performOperation(side: Side, operation: Operation): Promise<Outcome> {
  try {
    return { answer: (await perform(side, operation)) ?? null };
  } catch (error) {
    return errorSeenBy(side)(error);
  }
}

function errorSeenBy(side: Side): (error: unknown) => { error: string } {
  return (error) => {
    if (!(error instanceof Error)) throw error;
    return { error: `${error.name}: ${error.message}`.replaceAll(side.prefix, '') };
  };
}

// One line per operation: what a program would have called.
async function perform(side: Side, operation: Operation): Promise<unknown> {
  switch (operation.do) {
    case 'add':
    case 'addTogether':
    case 'addBulk':
    case 'addFlow':
    case 'addFlows':
    case 'addChild':
    case 'schedule':
    case 'unschedule':
      return enter(side, operation);
    case 'take':
      return (await side.take(operation.queue))?.id;
    case 'work':
      return work(side, operation.queue, operation.end);
    case 'wake':
      return side.wake(operation.queue);
    case 'complete':
    case 'fail':
    case 'giveBack':
    case 'postpone':
    case 'awaitChildren':
      return settle(side, operation);
    case 'retry':
    case 'promote':
    case 'changePriority':
    case 'changeDelay':
    case 'updateData':
    case 'remove':
      return change(side, operation);
    case 'letTimePass':
      return undefined; // the clock is the same for both sides; who runs the sequence moves it
    default:
      return administer(side, operation);
  }
}

type Entering = Extract<
  Operation,
  { do: 'add' | 'addTogether' | 'addBulk' | 'addFlow' | 'addFlows' | 'addChild' | 'schedule' | 'unschedule' }
>;

async function enter(side: Side, operation: Entering): Promise<unknown> {
  switch (operation.do) {
    case 'add': {
      const { name, data, opts } = operation.job;
      return remembered(side, operation.queue, await side.queue(operation.queue).add(name, data, { ...opts }));
    }
    case 'addTogether': {
      const adds = operation.jobs.map(async ({ name, data, opts }) => {
        const job = await side.queue(operation.queue).add(name, data, { ...opts });
        return { answer: job.id };
      });
      const outcomes = await Promise.all(adds.map((added) => added.catch(errorSeenBy(side))));
      for (const outcome of outcomes) if ('answer' in outcome) side.remember(operation.queue, outcome.answer);
      return outcomes;
    }
    case 'addBulk': {
      const jobs = operation.jobs.map((job) => ({ ...job, opts: { ...job.opts } }));
      const added = await side.queue(operation.queue).addBulk(jobs);
      return added.map((job) => remembered(side, operation.queue, job));
    }
    case 'addFlow':
      return rememberedTree(side, operation.flow, await side.flows.add(flowJob(operation.flow, side.names)));
    case 'addFlows': {
      const trees = await side.flows.addBulk(operation.flows.map((flow) => flowJob(flow, side.names)));
      return operation.flows.map((flow, index) => rememberedTree(side, flow, trees[index]));
    }
    case 'addChild': {
      const parent = side.pickKnown(operation.parent);
      // Leaves are no parents: a job must not become its own ancestor.
      if (!parent || parent.id.startsWith('c')) return undefined;
      const { name, data, opts } = operation.job;
      const queue = side.queue(parent.queue).qualifiedName;
      const child = await side.queue(operation.queue).add(name, data, { ...opts, parent: { id: parent.id, queue } });
      return remembered(side, operation.queue, child);
    }
    case 'schedule': {
      const { name, data, opts } = operation.job;
      const { delay: _, ...template } = opts;
      const queue = side.queue(operation.queue);
      const next = await queue.upsertJobScheduler(operation.id, operation.repeat, { name, data, opts: template });
      return remembered(side, operation.queue, next);
    }
    case 'unschedule':
      return side.queue(operation.queue).removeJobScheduler(operation.id);
    default:
      return operation satisfies never;
  }
}

function remembered(side: Side, queue: QueueIndex, job: Job | undefined): string | undefined {
  side.remember(queue, job?.id);
  return job?.id;
}

function flowJob(flow: NewFlow, names: Side['names']): FlowJob {
  const { queue, job, children } = flow;
  return {
    name: job.name,
    queueName: names[queue],
    data: job.data,
    opts: { ...job.opts },
    ...(children.length === 0 ? {} : { children: children.map((child) => flowJob(child, names)) }),
  };
}

function rememberedTree(side: Side, flow: NewFlow, node: JobNode | undefined): unknown {
  const id = remembered(side, flow.queue, node?.job);
  return [id, flow.children.map((child, index) => rememberedTree(side, child, node?.children?.[index]))];
}

async function work(side: Side, queue: QueueIndex, end: 'completed' | 'failed'): Promise<unknown> {
  const job = await side.take(queue);
  if (!job) return undefined;
  const last = side.taken.length - 1;
  await settle(
    side,
    end === 'completed' ? { do: 'complete', taken: last } : { do: 'fail', taken: last, forGood: true },
  );
  return job.id;
}

type Settling = Extract<Operation, { do: 'complete' | 'fail' | 'giveBack' | 'postpone' | 'awaitChildren' }>;

async function settle(side: Side, operation: Settling): Promise<unknown> {
  const taken = side.pickTaken(operation.taken);
  if (!taken) return undefined;
  const { job, token } = taken;
  switch (operation.do) {
    case 'complete':
      return job.moveToCompleted({ done: job.id }, token, false);
    case 'fail':
      return job.moveToFailed(failure(operation.forGood), token, false);
    case 'giveBack':
      return job.moveToWait(token);
    case 'postpone':
      return job.moveToDelayed(Date.now() + operation.delayMs, token);
    case 'awaitChildren': {
      const waits = await job.moveToWaitingChildren(token);
      if (!waits) side.taken.push(taken); // it has none left to wait for: still running
      return waits;
    }
    default:
      return operation satisfies never;
  }
}

/** The same stack each time: it is stored. */
function failure(forGood: boolean): Error {
  const error = forGood ? new UnrecoverableError('for good') : new Error('this time');
  error.stack = `${error.name}: ${error.message}\n    at handler (job.js:1:1)`;
  return error;
}

type Changing = Extract<
  Operation,
  { do: 'retry' | 'promote' | 'changePriority' | 'changeDelay' | 'updateData' | 'remove' }
>;

async function change(side: Side, operation: Changing): Promise<unknown> {
  const job = await side.pickStored(operation.job);
  if (!job) return undefined;
  switch (operation.do) {
    case 'retry': {
      const { reset } = operation;
      return job.retry(operation.state, { resetAttemptsMade: reset, resetAttemptsStarted: reset });
    }
    case 'promote':
      return job.promote();
    case 'changePriority':
      return job.changePriority({ priority: operation.priority, lifo: operation.lifo });
    case 'changeDelay':
      return job.changeDelay(operation.delayMs);
    case 'updateData':
      return job.updateData(operation.data);
    case 'remove':
      return job.remove({ removeChildren: operation.withChildren });
    default:
      return operation satisfies never;
  }
}

type Administering = Exclude<
  Operation,
  Entering | Settling | Changing | { do: 'take' | 'work' | 'wake' | 'letTimePass' }
>;

async function administer(side: Side, operation: Administering): Promise<unknown> {
  const queue = side.queue(operation.queue);
  switch (operation.do) {
    case 'pause':
      return queue.pause();
    case 'resume':
      return queue.resume();
    case 'limitConcurrency':
      return queue.setGlobalConcurrency(operation.slots);
    case 'retryJobs':
      return queue.retryJobs({ state: operation.state, count: operation.count });
    case 'promoteJobs':
      return queue.promoteJobs({ count: operation.count });
    case 'drain':
      return queue.drain(operation.delayed);
    case 'clean':
      return queue.clean(0, operation.limit, operation.state);
    case 'obliterate':
      return queue.obliterate({ force: true });
    default:
      return operation satisfies never;
  }
}
