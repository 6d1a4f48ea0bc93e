import { readFile } from 'node:fs/promises';
import { serveParent } from '../bench-process.ts';

// Answers on which CPUs it may run.
serveParent(async (_request: object): Promise<string> => {
  const status = await readFile('/proc/self/status', 'utf8');
  return /^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '';
});
