import { describe, expect, it } from 'vitest';
import { testLogger } from '../../testing/test-logger.ts';
import { logLevels, type Logger, type LogLevel } from './logger.ts';
import { relayLogger, writeRelayed } from './relay-logger.ts';

function relayTo(level: LogLevel): { there: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const here = testLogger({
    level,
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const ofJob = here.child({ queue: 'pages', job: 'page.digest', jobId: '7', attempt: 2 });
  return { there: relayLogger(level, (line) => writeRelayed(ofJob, line)), lines };
}

describe('a relayed line', () => {
  it('has its own fields and those of the logger that writes it', () => {
    const { there, lines } = relayTo('debug');
    there.child({ step: 'parse' }).info({ links: 3 }, 'parsed %s', 'it');
    expect(lines).toEqual([
      expect.objectContaining({
        name: 'test',
        level: 'info',
        job: 'page.digest',
        jobId: '7',
        attempt: 2,
        step: 'parse',
        links: 3,
        msg: 'parsed it',
      }),
    ]);
  });

  it('keeps its level, and is not sent below the level', () => {
    const { there, lines } = relayTo('warn');
    for (const level of logLevels) if (level !== 'silent') there[level]('said');
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'error', 'fatal']);
  });

  it('shows an error with its message and stack, and hides credentials in it', () => {
    const { there, lines } = relayTo('info');
    there.error(new Error('no way to redis://u:hunter2@host'));
    expect(lines[0]).toMatchObject({ err: { type: 'Error', stack: expect.stringContaining('relay-logger.test') } });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('may log what has the names of the line itself', () => {
    const { there, lines } = relayTo('info');
    there.info({ value: 1, fields: { a: 1 } }, 'odd');
    expect(lines[0]).toMatchObject({ level: 'info', msg: 'odd', value: 1, fields: { a: 1 } });
  });
});
