import process from 'node:process';
import { loadApp } from '../app/load-app.ts';

/** An app to load, and what came of it. */
export interface LoadedCase {
  named: string;
  from: string;
  /** Names of the queues. */
  queues?: string[];
  code?: string;
  message?: string;
}

/** Loads each app in Node itself, where no test runner reads modules in its place; prints what came of each as JSON. */
const cases: LoadedCase[] = JSON.parse(process.argv[2] ?? '[]');
for (const each of cases) {
  try {
    const { queues } = await loadApp(each.named, { from: each.from, where: '--app' });
    each.queues = queues.map(({ name }) => name);
  } catch (error) {
    Object.assign(each, { code: (error as { code?: string }).code, message: (error as Error).message });
  }
}
process.stdout.write(JSON.stringify(cases));
