import { vi } from 'vitest';

/**
 * Vitest gives a `vi.waitFor` one second unless told otherwise, which a busy machine exceeds now and then. How long a test waits
 * for a fact only matters when it fails, so the default is generous here. A test about speed measures it, or states its limit.
 */
const PATIENCE_MS = 30_000;

const { waitFor } = vi;

vi.waitFor = (callback, options = {}) => {
  const given = typeof options === 'number' ? { timeout: options } : options;
  return waitFor(callback, { timeout: PATIENCE_MS, ...given });
};
