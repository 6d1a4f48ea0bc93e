import { describe, expect, it } from 'vitest';
import { OptionError } from '../errors/index.ts';
import { checkOptions, findOptionProblems } from './check-options.ts';
import {
  abortSignal,
  numberBetween,
  oneOf,
  options,
  required,
  text,
  waitMs,
  wholeNumber,
  yesOrNo,
} from './option-rules.ts';

const rules = {
  id: text,
  delayMs: wholeNumber(0, 1_000),
  timeoutMs: wholeNumber(1, 1_000),
  waitMs: waitMs({ forever: true }),
  idleMs: waitMs(),
  share: numberBetween(0, 1),
  mode: oneOf(['fast', 'slow']),
  quiet: yesOrNo,
  signal: abortSignal,
  retry: options({ attempts: wholeNumber(1) }),
};

function messages(given: unknown): string[] {
  return findOptionProblems(rules, given).map(({ message }) => message);
}

describe('the check of options', () => {
  it.each([
    {},
    { id: undefined, delayMs: undefined, retry: undefined },
    { delayMs: 0 },
    { delayMs: 1_000 },
    { waitMs: 0.5 },
    { waitMs: 2 ** 31 - 1 },
    { waitMs: Infinity },
    { share: 0.95 },
    { mode: 'fast', quiet: false, signal: new AbortController().signal },
    { retry: { attempts: 3 } },
    Object.create(null),
  ])('takes %j', (given) => {
    expect(messages(given)).toEqual([]);
  });

  const badNumbers = [NaN, Infinity, -Infinity, -1, 2 ** 31, 2 ** 53, '5', null, true, {}, [5], 5n];

  it.each(['delayMs', 'timeoutMs', 'idleMs', 'share'] as const)(
    'refuses what is no number in the range of %s',
    (name) => {
      for (const bad of badNumbers)
        expect(messages({ [name]: bad })).toEqual([expect.stringMatching(`^${name} must be `)]);
    },
  );

  it('refuses a fraction where a whole number is counted, and takes it for a wait', () => {
    expect(messages({ delayMs: 1.5 })).toEqual(['delayMs must be a whole number from 0 to 1,000, not 1.5']);
    expect(messages({ idleMs: 1.5 })).toEqual([]);
  });

  it('takes Infinity only where a wait may last for ever', () => {
    expect(messages({ waitMs: Infinity })).toEqual([]);
    expect(messages({ waitMs: -Infinity })).toHaveLength(1);
    expect(messages({ idleMs: Infinity })).toEqual([
      'idleMs must be milliseconds from 0 to 2,147,483,647, not Infinity',
    ]);
  });

  it.each([
    ['jobId', 'did you mean id?'],
    ['delay', 'did you mean delayMs?'],
    ['timeout', 'did you mean timeoutMs?'],
    ['waitms', 'did you mean waitMs?'],
    ['Signal', 'did you mean signal?'],
    ['attempts', 'did you mean retry?'],
    ['prefix', 'it is one of defineQueue'],
    ['limit', 'there are id, delayMs, '],
    ['constructor', 'there are id, delayMs, '],
  ])('refuses the unknown option %s with a hint', (name, hint) => {
    expect(messages({ [name]: 1 })).toEqual([expect.stringContaining(`${name} is no option here; ${hint}`)]);
  });

  it('looks into options that hold options, and names the path', () => {
    expect(messages({ retry: { attempts: 0, attemps: 3 } })).toEqual([
      'retry.attempts must be a whole number from 1, not 0',
      'retry.attemps is no option here; did you mean attempts?',
    ]);
    expect(messages({ retry: 3 })).toEqual(['retry must be an object of options, not 3']);
  });

  it.each([undefined, null, 5, 'id', []])('refuses %j in place of options', (given) => {
    expect(messages(given)).toEqual([expect.stringMatching(/^options must be an object of options, not /)]);
  });

  it('asks for what is required', () => {
    expect(findOptionProblems({ name: required(text) }, {})).toEqual([
      { option: 'name', given: 'undefined', must: 'be a string', message: 'name must be a string, not undefined' },
    ]);
  });

  it('never shows what may be a secret', () => {
    const [shown] = messages({ mode: 'redis://user:a-long-and-secret-password@host.example:6379' });
    expect(shown).toBe('mode must be one of fast, slow, not a long string');
  });

  it('throws one error with all problems, for people and for programs', () => {
    const call = (): void => checkOptions('job a', rules, { delayMs: -1, jobId: 'x' }, OptionError);
    expect(call).toThrow(
      'job a: delayMs must be a whole number from 0 to 1,000, not -1; jobId is no option here; did you mean id?',
    );
    expect(call).toThrow(
      expect.objectContaining({
        code: 'SLUICE_OPTION',
        problems: [
          expect.objectContaining({ option: 'delayMs', given: '-1' }),
          expect.objectContaining({ option: 'jobId', must: 'be left out' }),
        ],
      }),
    );
  });
});
