import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reservedNames } from '@sluice/service';
import { findSettings, renderConfigDocs } from '@sluice/service/config-docs';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const settings = await findSettings(root);
const generated = await renderConfigDocs(root);

/** `${NAME:-default}` in docker-compose.yml. */
async function readComposeVariables(): Promise<{ name: string; fallback: string | undefined }[]> {
  const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  const found = [...text.matchAll(/\$\{([A-Z_]+)(?::-([^}]*))?/g)];
  return found.map(([, name = '', fallback]) => ({ name, fallback }));
}

describe('the generated configuration docs', () => {
  it('know the programs that read variables', () => {
    const programs = new Set(settings.flatMap((setting) => setting.programs));
    expect([...programs].toSorted()).toEqual(['docker-compose.yml', 'producer', 'shipped app', 'worker']);
  });

  it.each(Object.entries(generated))(
    '%s is what packages/service/src/config/generate-config-docs.ts writes',
    async (path, text) => {
      expect(await readFile(join(root, path), 'utf8')).toBe(text);
    },
  );
});

describe('the reserved names', () => {
  it('are all that the programs read, and those of the tests', () => {
    const read = settings
      .flatMap(({ field: { env, envFirst } }) => [env, envFirst ?? env])
      .filter((name, at, all) => name.startsWith('SLUICE_') && all.indexOf(name) === at);
    const ofTests = [
      'SLUICE_PICTURES',
      'SLUICE_REQUIRE_BROWSER',
      'SLUICE_REQUIRE_CLIENTS',
      'SLUICE_REQUIRE_DOCKER',
      'SLUICE_TEST_REDIS',
      'SLUICE_TEST_REDIS_BINARY',
      'SLUICE_TEST_REDIS_IMAGE',
    ];
    expect(reservedNames).toEqual([...read, ...ofTests].toSorted());
  });
});

describe('docker-compose.yml', () => {
  it('reads only variables that are documented', async () => {
    const documented = settings.map(({ field }) => field.env);
    const read = (await readComposeVariables()).map(({ name }) => name);
    expect(documented).toEqual(expect.arrayContaining(read));
  });

  it('reads all that are said to be its own', async () => {
    const own = settings
      .filter(({ programs }) => programs.includes('docker-compose.yml'))
      .map(({ field }) => field.env);
    expect((await readComposeVariables()).map(({ name }) => name)).toEqual(expect.arrayContaining(own));
  });

  it('has the same defaults as the programs', async () => {
    for (const { name, fallback } of await readComposeVariables()) {
      const field = settings.find((setting) => setting.field.env === name)?.field;
      if (field?.default === undefined) continue;
      expect({ name, value: field.schema.parse(fallback) }).toEqual({ name, value: field.schema.parse(field.default) });
    }
  });
});
