import module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Module = Readonly<Record<string, unknown>>;

/** Imports what a module in this folder would get by this specifier: `import()` alone would look from here. */
export async function importFrom(specifier: string, folder: string): Promise<Module> {
  if (specifier.startsWith('file:')) return import(specifier);
  // Node before 22.15, which resolves as `require` does.
  if (typeof module.registerHooks !== 'function') {
    const found = createRequire(join(folder, 'app.js')).resolve(specifier);
    return import(pathToFileURL(found).href);
  }
  const alias = `sluice-app:${specifier}`;
  const parentURL = pathToFileURL(join(folder, 'app.js')).href;
  const hooks = module.registerHooks({
    resolve: (asked, context, next) =>
      asked === alias ? next(specifier, { ...context, parentURL }) : next(asked, context),
  });
  try {
    return await import(alias);
  } finally {
    hooks.deregister();
  }
}
