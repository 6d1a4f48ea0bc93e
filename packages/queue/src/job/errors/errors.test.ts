import { describe, expect, it } from 'vitest';
import * as shared from './index.ts';
import { describeIssues, describePath } from './schema-issue.ts';

const issues = [{ path: ['a', 0, 'b'], message: 'must be text' }];

/** One of each class. A class that is missing here fails the test below. */
const samples: readonly shared.SluiceError[] = [
  new shared.QueueFullError({ queue: 'q', depth: 5, capacity: 5, retryAfterMs: 100, reason: 'capacity', waitedMs: 30 }),
  new shared.QueueClosedError('q', 'it is sealed'),
  new shared.PutUnknownError('q', 'id', { cause: new Error('reset') }),
  new shared.PutConflictError('q', 'id'),
  new shared.PutOptionError('waitMs must be at least 0'),
  new shared.OptionError('result: waitMs must be at least 0'),
  new shared.PayloadInvalidError('a.job', issues),
  new shared.TooLargeError('payload', 300_000, 262_144),
  new shared.CallTooLargeError('q', { jobs: 1_001, bytes: 9_000, maxJobs: 1_000, maxBytes: 8_388_608 }),
  new shared.JobIdInvalidError('it is empty'),
  new shared.UnknownJobError('q', 'b.job', ['a.job']),
  new shared.JobTimeoutError(3_000),
  new shared.PermanentJobError('gone'),
  new shared.RetryLaterError({ delayMs: 500 }),
  new shared.JobInterruptedError('drained'),
  new shared.VersionTooNewError('a.job', 3, 2),
  new shared.ResultInvalidError('a.job', issues),
  new shared.FlowInvalidError(issues),
  new shared.BatchResultError('a.job', 100, [1]),
  new shared.LeaseLostError('id'),
  new shared.JobAlreadySettledError('id'),
  new shared.JobCancelledError('no longer wanted'),
  new shared.JobCrashedError('its worker died with it 4 times'),
  new shared.JobExpiredError(1_700_000_000_000),
  new shared.ProgressInvalidError('progress is no JSON'),
  new shared.CompletionRefusedError('it has unfinished children'),
  new shared.ExtensionInvalidError('ms must be above 0'),
  new shared.JobNotServedError('no handler serves b.job'),
  new shared.JobThreadDiedError('its thread exited with code 1', 'exit'),
  new shared.JoinTimeoutError('q', 3, 500),
  new shared.JobDroppedError('drop-oldest'),
  new shared.JobFailedError('id', 3, { code: 'ERROR', message: 'boom' }),
  new shared.ResultTimeoutError('id', 100),
  new shared.ResultExpiredError('id'),
  new shared.RedisUnavailableError('host:6379'),
  new shared.RedisUnsuitableError('too old'),
  new shared.DefinitionError('no name'),
  new shared.ConfigError(['A is not set', 'B is unknown']),
  new shared.StoppedError(),
];

const classes = Object.values(shared).filter(
  (exported): exported is typeof shared.SluiceError & (new (...args: never[]) => shared.SluiceError) =>
    typeof exported === 'function' && exported.prototype instanceof shared.SluiceError,
);

describe('the errors', () => {
  it('are all among the samples of this test', () => {
    const sampled = samples.map((error) => error.constructor.name);
    expect(classes.map(({ name }) => name).toSorted()).toEqual(sampled.toSorted());
  });

  it('say their names themselves, so that a bundler which renames classes does not change them', () => {
    for (const type of classes) {
      expect(Object.entries(shared)).toContainEqual([type.name, type]);
      expect(Object.keys(type), type.name).toContain('name'); // one that is written, not the class's own
    }
  });

  it('have a code each, that no other has', () => {
    const codes = samples.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^SLUICE_[A-Z]+(_[A-Z]+)*$/);
  });

  it.each(samples.map((error) => [error.constructor.name, error] as const))(
    '%s is an Error under its own name',
    (name, error) => {
      expect(error).toBeInstanceOf(Error);
      expect(error.name).toBe(name);
      expect(String(error)).toBe(`${name}: ${error.message}`);
      expect(error.message).not.toMatch(/undefined|NaN|\[object/);
    },
  );

  it.each(samples.map((error) => [error.constructor.name, error] as const))(
    '%s survives JSON with its fields',
    (name, error) => {
      const json: unknown = JSON.parse(JSON.stringify(error));
      expect(json).toEqual({ ...error, name, code: error.code, message: error.message });
      expect(json).not.toHaveProperty('stack');
      expect(json).not.toHaveProperty('cause');
    },
  );

  it('keep their cause, but not in JSON', () => {
    const cause = new Error('reset');
    expect(new shared.RedisUnavailableError('host', { cause }).cause).toBe(cause);
    expect(new shared.PayloadInvalidError('a.job', issues, { cause }).cause).toBe(cause);
  });
});

describe('the messages', () => {
  it.each([
    [new shared.JobTimeoutError(3_000), 'Timeout after 3 seconds'],
    [new shared.JobTimeoutError(1_000), 'Timeout after 1 second'],
    [new shared.JobTimeoutError(250), 'Timeout after 0.25 seconds'],
    [
      samples[0],
      'queue q is full (5 of 5, capacity) after waiting 30 ms: workers do not keep up, or none runs; try again in 100 ms',
    ],
    [new shared.JobFailedError('id', 1, { code: 'ERROR', message: 'boom' }), 'job id failed after 1 attempt: boom'],
    [new shared.PayloadInvalidError('a.job', issues), 'payload of a.job is invalid: a[0].b: must be text'],
    [
      new shared.ConfigError(['A is not set', 'B is unknown']),
      'configuration is invalid:\n  - A is not set\n  - B is unknown',
    ],
  ])('of %s reads well', (error, message) => {
    expect(error?.message).toBe(message);
  });

  it('name the root when the path is empty', () => {
    expect(describePath([])).toBe('(root)');
  });

  it('name five issues and count the others', () => {
    const many = Array.from({ length: 7 }, (_, index) => ({ path: [index], message: 'bad' }));
    expect(describeIssues(many)).toBe('[0]: bad; [1]: bad; [2]: bad; [3]: bad; [4]: bad; and 2 more');
  });
});
