/**
 * Writes `.env.example` and the table in docs/configuration.md from the programs' `config.ts`:
 *
 *     node -C @sluice/source packages/service/src/config/generate-config-docs.ts
 *
 * in the root of the repository. A test fails while the files are behind the source.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { composeConfig } from './compose-config.ts';
import type { ConfigSchema } from './config.ts';
import { serviceConfig } from '../service/service-config.ts';
import { workerConfig } from '../worker/worker-config.ts';
import { listSettings, renderEnvExample, renderSettingsTable, type Program, type Setting } from './settings-docs.ts';

const MARKED = /(<!-- settings:begin -->).*(<!-- settings:end -->)/s;

/** The programs, then the apps in `apps/` whose `src/config.ts` exports what `defineConfig` made; last, what compose reads. */
async function findPrograms(root: string): Promise<Program[]> {
  const folders = (await readdir(join(root, 'apps'))).toSorted();
  const apps = folders.map(async (folder) => {
    const path = join(root, 'apps', folder, 'src/config.ts');
    const exported: object = existsSync(path) ? await import(pathToFileURL(path).href) : {};
    return Object.values(exported)
      .filter(isConfigSchema)
      .map((schema) => ({ name: 'shipped app', schema }));
  });
  return [
    { name: 'producer', schema: serviceConfig },
    { name: 'worker', schema: workerConfig },
    ...(await Promise.all(apps)).flat(),
    { name: 'docker-compose.yml', schema: composeConfig },
  ];
}

/** Every variable that a program of this repository reads. */
export async function findSettings(root: string): Promise<Setting[]> {
  return listSettings(await findPrograms(root));
}

/** What the generated files must hold, by their path from the root. */
export async function renderConfigDocs(root: string): Promise<Record<string, string>> {
  const settings = await findSettings(root);
  const page = await readFile(join(root, 'docs/configuration.md'), 'utf8');
  const table = renderSettingsTable(settings);
  return {
    '.env.example': renderEnvExample(settings),
    'docs/configuration.md': page.replace(MARKED, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`),
  };
}

function isConfigSchema(value: unknown): value is ConfigSchema {
  return typeof value === 'object' && value !== null && 'fields' in value && typeof value.fields === 'object';
}

if (import.meta.main) {
  const root = process.cwd();
  for (const [path, text] of Object.entries(await renderConfigDocs(root))) await writeFile(join(root, path), text);
}
