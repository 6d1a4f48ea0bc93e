import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LineAnswers, type LineAnswersDeps } from './line-answers.ts';

/** Answers each line with some 300 bytes, unless `answer` says otherwise. */
function answersWith(deps: Partial<LineAnswersDeps> = {}) {
  const asked: number[] = [];
  const calledOff: unknown[] = [];
  const answers = new LineAnswers({
    answer: async ({ number }) => {
      asked.push(number);
      return `${number} ${'x'.repeat(300)}\n`;
    },
    ending: (number, error) => `${number} ${String(error)}\n`,
    callOff: (reason) => calledOff.push(reason),
    stalled: { afterMs: 60_000, error: () => new Error('stalled') },
    silentMs: 60_000,
    ...deps,
  });
  onTestFinished(() => void answers.destroy());
  return { answers, asked, calledOff };
}

const never = (): Promise<string> => new Promise(() => undefined);

describe('answers to lines', () => {
  it('are made no faster than they are read', async () => {
    const { answers, asked } = answersWith();
    const count = 30_000;
    answers.end('1\n'.repeat(count));
    for (let turns = 0; turns < 200; turns += 1) await turn();
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(1_000);
    expect((await text(answers)).match(/^\d+/gm)).toEqual(Array.from({ length: count }, (_, index) => `${index + 1}`));
  });

  it('end with why when no line comes', async () => {
    const { answers } = answersWith({ silentMs: 20 });
    answers.write('a\nb');
    expect((await text(answers)).trim().split('\n').at(-1)).toMatch(/^2 .*no line came/);
  });

  it('call off what waits when nothing is answered for too long', async () => {
    const { answers, calledOff } = answersWith({
      answer: () => new Promise((resolve) => (end = resolve)),
      callOff: (reason) => {
        calledOff.push(reason);
        end('1 called off\n');
      },
      stalled: { afterMs: 20, error: () => new Error('stalled') },
    });
    let end: (answer: string) => void = () => undefined;
    answers.write('a\n');
    expect(await text(answers)).toBe('1 called off\n2 Error: stalled\n');
    expect(calledOff).toEqual([new Error('stalled')]);
  });

  it('are given up when nobody reads them', async () => {
    const { answers } = answersWith({ silentMs: 20 });
    answers.write('1\n'.repeat(1_000));
    const [error] = await once(answers, 'error');
    expect(error).toMatchObject({ code: 'SLUICE_CLIENT_GONE' });
  });

  it('call off what waits when the stream is destroyed', async () => {
    const { answers, calledOff } = answersWith({ answer: never });
    answers.write('a\n');
    answers.destroy();
    expect(calledOff).toMatchObject([{ code: 'SLUICE_CLIENT_GONE' }]);
  });

  it('throw away what comes after the end', async () => {
    const { answers, asked } = answersWith();
    answers.stop(new Error('enough'));
    answers.end('a\nb\n');
    expect(await text(answers)).toBe('1 Error: enough\n');
    expect(asked).toEqual([]);
  });
});
