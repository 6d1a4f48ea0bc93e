import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleLibrary, removeOtherModules } from './bundle-library.ts';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
};

let library: ReadonlyMap<string, string>;
beforeAll(async () => {
  library = await bundleLibrary();
});

const importsOf = (path: string): string[] =>
  [...(library.get(path) ?? '').matchAll(/^(?:import|export)?[^"'\n]*(?:from |import )"([^"]+)";$/gm)].flatMap(
    ([, name]) => name ?? [],
  );

/** All that is loaded with one file: what is bundled by its path, and the rest by its name. */
function loadedBy(entry: string): Set<string> {
  const loaded = new Set([entry]);
  for (const path of loaded) {
    for (const name of importsOf(path)) {
      loaded.add(name.startsWith('.') ? posix.join(posix.dirname(path), name) : name);
    }
  }
  return loaded;
}

describe('the library as it is built', () => {
  it('has a file for each entry of the package, and few others', () => {
    const entries = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [] : entry.default.replace('./dist/', ''),
    );
    const modules = [...library.keys()].filter((path) => path.endsWith('.js'));
    expect(modules).toEqual(expect.arrayContaining(entries));
    expect(modules.length).toBeLessThan(30);
  });

  it('loads neither Redis nor Lua for those who only share contracts', () => {
    const loaded = loadedBy('contracts.js');
    expect([...loaded].filter((name) => /redis|bullmq|pino|#/.test(name) && name !== '#package-version')).toEqual([]);
    expect([...loadedBy('index.js')]).toEqual(
      expect.arrayContaining(['bullmq', 'ioredis', '#lua-texts', '#lease-thread']),
    );
  });

  it('keeps the names of what it exports, which errors show', () => {
    const entries = [...library].filter(([path]) => path.endsWith('.js') && !path.startsWith('embedded/'));
    const renamed = entries.flatMap(([, text]) => text.match(/^ {2}\w+ as [A-Z]\w*,?$/gm) ?? []);
    expect(renamed).toEqual([]);
    expect(library.get('index.js')).toMatch(/^ {2}QueueFullError,$/m);
  });

  it('leaves no module of an earlier build, and what others write', async () => {
    const folder = pathToFileURL(`${await mkdtemp(`${tmpdir()}/sluice-library-`)}/`);
    await mkdir(new URL('embedded/', folder));
    const paths = ['index.js', 'old.js', 'old.js.map', 'old.d.ts', 'embedded/library-OLD.js', 'embedded/lua-texts.js'];
    for (const path of paths) await writeFile(new URL(path, folder), '');
    await removeOtherModules(folder, new Map([['index.js', '']]));
    expect(paths.filter((path) => existsSync(new URL(path, folder)))).toEqual([
      'index.js',
      'old.d.ts',
      'embedded/lua-texts.js',
    ]);
    await rm(folder, { recursive: true });
  });
});
