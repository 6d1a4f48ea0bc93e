import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WarningCode, warningLogger } from './warning-logger.ts';

const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);

afterEach(() => void emitted.mockClear());

function warn(warning: WarningCode, queue: string): void {
  warningLogger().child({ pool: 'p' }).warn({ warning, queue, reason: 'redis://u:hunter2@h is away' }, 'Redis is away');
}

describe('the default logger', () => {
  it('emits a process warning for what must not go unnoticed, once for each queue', () => {
    for (let count = 0; count < 3; count += 1) warn('redis-lost', 'mail');
    warn('redis-lost', 'fetches');
    expect(emitted.mock.calls.map(([message]) => message)).toEqual(['Redis is away (mail)', 'Redis is away (fetches)']);
    expect(emitted.mock.calls[0]?.[1]).toMatchObject({ type: 'SluiceWarning', code: 'redis-lost' });
  });

  it('shows no secret', () => {
    warn('fault', 'secret');
    const [, options] = emitted.mock.calls[0] ?? [];
    expect(JSON.stringify(options)).toContain('"pool');
    expect(JSON.stringify(options)).not.toContain('hunter2');
  });

  it('drops all other lines', () => {
    warningLogger().warn({ queue: 'mail' }, 'attempt failed');
    warningLogger().info({ warning: 'redis-lost', queue: 'other' }, 'below a warning');
    expect(emitted).not.toHaveBeenCalled();
  });
});
