import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../contracts/job-contract.ts';
import { defineQueue, type QueueDefinition } from '../contracts/queue-policy.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { silentLogger } from '../logging/logger.ts';
import { type App, defineApp, type HandlerContext, type QueuesApp } from './define-app.ts';
import { loadHandlers } from './load-handlers.ts';

const text = z.object({ text: z.string() });
const send = defineJob({ name: 'send', payload: text, result: z.void() });
const count = defineJob({ name: 'count', payload: text, result: z.int() });
const sendOften = defineJob({ name: 'send', payload: z.object({ times: z.int() }), result: z.void() });
const emails = defineQueue({ name: 'emails', jobs: [send, count], capacity: 10 });
const faxes = defineQueue({ name: 'faxes', jobs: [sendOften], capacity: 5 });

const sender = defineHandler(send, () => undefined);
const counter = defineHandler(count, ({ payload }) => payload.text.length);
const repeater = defineHandler(sendOften, () => undefined);
const handlers = { emails: { send: sender, count: counter }, faxes: { send: repeater } };
const context: HandlerContext = { log: silentLogger(), onStop: () => undefined };

describe('defineApp', () => {
  it('keeps queues and handlers, and lets nobody change them', () => {
    const app = defineApp({ queues: [emails, faxes], handlers });
    expect(app).toEqual({ queues: [emails, faxes], handlers });
    expect([app, app.queues, app.handlers].every((part) => Object.isFrozen(part))).toBe(true);
    expectTypeOf(app).toExtend<App>();
    expectTypeOf(app.queues[1].name).toEqualTypeOf<'faxes'>();
  });

  it('takes what it made once more', () => {
    const app = defineApp({ queues: [emails, faxes], handlers });
    expect(defineApp(app)).toEqual(app);
  });

  it('does not compile without a handler of each job, and names queue and job at run time', () => {
    // @ts-expect-error no handler for count
    expect(() => defineApp({ queues: [emails, faxes], handlers: { ...handlers, emails: { send: sender } } })).toThrow(
      'app: handlers of queue emails: no handler for count',
    );
    // @ts-expect-error faxes has no handlers
    expect(() => defineApp({ queues: [emails, faxes], handlers: { emails: handlers.emails } })).toThrow(
      'app: queue faxes has no handlers',
    );
    // @ts-expect-error the handler of faxes is that of emails
    expect(() => defineApp({ queues: [emails], handlers: { emails: { send: repeater, count: sender } } })).toThrow(
      'app: handlers of queue emails: the handler under count is one for send',
    );
  });

  it('does not compile with a module that lacks a handler', () => {
    const lacking = async () => ({ default: { send: sender } });
    // @ts-expect-error no handler for count
    const app = defineApp({ queues: [emails], handlers: { emails: lacking } });
    expect(app.queues).toEqual([emails]);
  });

  it.each<[string, object, string]>([
    ['no queues', { queues: [] }, 'queues must name at least one queue, each made by defineQueue, not an empty array'],
    ['a queue that is none', { queues: [{ name: 'x' }] }, 'queues must name at least one queue'],
    ['an unknown option', { queues: [emails], handler: {} }, 'handler is no option here; did you mean handlers?'],
    [
      'handlers that are none',
      { queues: [emails], handlers: [] },
      'handlers must be an object with the handlers of each',
    ],
    ['a queue twice', { queues: [faxes, emails, faxes] }, 'app: two queues are named faxes'],
    [
      'a misspelt queue',
      { queues: [faxes], handlers: { ...handlers, faxs: {} } },
      'faxs, which is no queue here; did you mean faxes?',
    ],
    [
      'a strange queue',
      { queues: [faxes], handlers: { nothing: {} } },
      'nothing, which is no queue here: there are faxes',
    ],
    [
      'one level less',
      { queues: [faxes], handlers: { send: repeater } },
      "it is a job of queue faxes: write { 'faxes': { 'send': … } }",
    ],
    ['a promise', { queues: [faxes], handlers: { faxes: Promise.resolve({}) } }, 'write () => import(…)'],
    [
      'a text',
      { queues: [faxes], handlers: { faxes: './handlers.js' } },
      'handlers of queue faxes must be an object or a function',
    ],
  ])('refuses %s, for callers whose compiler did not look', (_, given, message) => {
    expect(() => defineApp(given as Parameters<typeof defineApp>[0])).toThrow(message);
  });

  it('takes queues alone for programs that only put', () => {
    const app = defineApp({ queues: [emails] });
    expect(app).toEqual({ queues: [emails] });
    expectTypeOf(app).toExtend<QueuesApp>();
    expectTypeOf(app).not.toExtend<App>();
  });
});

describe('loadHandlers', () => {
  const lazily = (source: unknown) =>
    loadHandlers(
      defineApp({ queues: [faxes], handlers: { faxes: source as () => typeof handlers.faxes } }),
      'faxes',
      context,
    );

  it.each<[string, unknown]>([
    ['a registry', handlers.faxes],
    ['a function', () => handlers.faxes],
    ['an async function', async () => handlers.faxes],
    ['a module', async () => ({ default: handlers.faxes })],
    ['a module with a function', async () => ({ default: () => handlers.faxes })],
    ['a module of CommonJS', async () => ({ default: { default: handlers.faxes } })],
  ])('gives the handlers of %s', async (_, source) => {
    expect(await lazily(source)).toEqual(handlers.faxes);
  });

  it('takes a job named default for a job', async () => {
    const job = defineJob({ name: 'default', payload: text, result: z.void() });
    const registry = { default: defineHandler(job, () => undefined) };
    const app = defineApp({
      queues: [defineQueue({ name: 'one', jobs: [job], capacity: 1 })],
      handlers: { one: async () => registry },
    });
    expect(await loadHandlers(app, 'one', context)).toEqual(registry);
  });

  it('hands the context to the function', async () => {
    let given: unknown;
    await lazily((first: HandlerContext) => {
      given = first;
      return handlers.faxes;
    });
    expect(given).toBe(context);
  });

  it.each<[string, unknown, string]>([
    ['gives none', async () => ({ default: {} }), 'handlers of queue faxes: no handler for send'],
    [
      'gives nothing',
      () => undefined,
      'handlers of queue faxes: they must be an object with a handler under the name of each job',
    ],
    ['has no default export', async () => ({ faxHandlers: {} }), 'the queue has no job faxHandlers'],
  ])('names queue and job when the function %s', async (_, source, message) => {
    await expect(lazily(source)).rejects.toThrow(message);
  });

  it('refuses a queue without handlers, and one that is not there', async () => {
    const app: QueuesApp = defineApp({ queues: [faxes] });
    await expect(loadHandlers(app, 'faxes', context)).rejects.toThrow(
      'queue faxes has no handlers, so no worker can serve it',
    );
    await expect(loadHandlers(app, 'phones', context)).rejects.toThrow('there is no queue phones');
  });

  it('finds the handlers of a queue whose name and jobs the types have lost', async () => {
    const untyped: QueueDefinition = faxes;
    const app = defineApp({ queues: [untyped], handlers: { faxes: handlers.faxes } });
    expect(await loadHandlers(app, 'faxes', context)).toEqual(handlers.faxes);
  });
});
