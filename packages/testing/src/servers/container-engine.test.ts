import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';

/** The module remembers what it found, so each test has one of its own. */
async function freshEngine(reaches: boolean) {
  vi.resetModules();
  vi.doMock('testcontainers', () => ({
    getContainerRuntimeClient: () => (reaches ? Promise.resolve({}) : Promise.reject(new Error('no engine'))),
  }));
  return import('./container-engine.ts');
}

afterEach(() => vi.doUnmock('testcontainers'));

describe('a container that nobody asked for', () => {
  it('is started where an engine answers, and not looked for where none does', async () => {
    const { tryContainer } = await freshEngine(true);
    expect(await tryContainer(async () => 'started')).toBe('started');
    const none = await freshEngine(false);
    expect(await none.tryContainer(async () => 'started')).toBeNull();
  });

  it('is given up with a warning where its image cannot be had, and not tried again', async () => {
    const { tryContainer } = await freshEngine(true);
    const start = vi.fn<() => Promise<string>>().mockRejectedValue(new Error('no such image'));
    const warned = once(process, 'warning');
    expect(await tryContainer(start)).toBeNull();
    const [warning] = (await warned) as [Error];
    expect(warning.message).toContain('no Redis in a container (no such image), so tests use a private server');
    expect(await tryContainer(start)).toBeNull();
    expect(start).toHaveBeenCalledOnce();
  });
});
