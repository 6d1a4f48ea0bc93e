import { type App, defineApp, type QueuesApp } from '@sluice/queue/contracts';
import { loadApp } from './load-app.ts';

/** An app, or what imports its module: `() => import('./app.js')`. It is imported when the program starts. */
export type AppSource<A extends QueuesApp = App> = A | (() => Promise<A | { readonly default: A }>);

/** The app module that `SLUICE_APP` names; without it, this one. */
export function appFromEnvironment(env: NodeJS.ProcessEnv, otherwise: AppSource<QueuesApp>): AppSource {
  const named = env['SLUICE_APP']?.trim();
  // Whether it has handlers is seen when a worker needs them.
  return (named ? () => loadApp(named, { where: 'SLUICE_APP' }) : otherwise) as AppSource;
}

/** @throws DefinitionError when it is no app; whatever its module fails with */
export async function readApp(source: AppSource<QueuesApp>): Promise<QueuesApp> {
  const found = typeof source === 'function' ? await source() : source;
  const app = isModule(found) ? found.default : found;
  return defineApp(app as Parameters<typeof defineApp>[0]); // once more, for callers whose compiler did not look
}

function isModule(found: unknown): found is { default: unknown } {
  return typeof found === 'object' && found !== null && 'default' in found;
}
