import { vi } from 'vitest';

/**
 * The default timeout of `vi.waitFor` is one second, which a busy machine sometimes exceeds. How long a test waits
 * for a fact only matters when it fails, so the default is long here. A test of speed measures it, or sets its own limit.
 */
const WAIT_FOR_MS = 30_000;

const { waitFor } = vi;

vi.waitFor = (callback, options = {}) => {
  const given = typeof options === 'number' ? { timeout: options } : options;
  return waitFor(callback, { timeout: WAIT_FOR_MS, ...given });
};
