import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** The packages whose entry points are public. */
export const publicPackages = ['queue', 'http', 'service', 'testing', 'local-redis', 'shared', 'console'] as const;
export type PublicPackage = (typeof publicPackages)[number];

/** A name that an entry point exports, and the file that declares it. */
export interface PublicExport {
  readonly name: string;
  /** Relative to the root of the repository. */
  readonly file: string;
  readonly source: string;
}

/** All names that the entry points of a package export, sub-paths included. Each declaration is listed once. */
export async function readPublicExports(name: PublicPackage): Promise<PublicExport[]> {
  const folder = new URL(`packages/${name}/`, root);
  const manifest = JSON.parse(await readFile(new URL('package.json', folder), 'utf8')) as {
    exports: Record<string, string | { readonly '@sluice/source': string }>;
  };
  const entries = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [new URL(entry['@sluice/source'], folder)],
  );
  const found = (await Promise.all(entries.map((entry) => exportsOf(entry)))).flat();
  return [...new Map(found.map((each) => [`${each.file} ${each.name}`, each])).values()];
}

/** Follows `export … from` to the declarations. A name that is exported under another one keeps its own. */
async function exportsOf(file: URL, wanted?: ReadonlySet<string>): Promise<PublicExport[]> {
  const source = await readFile(file, 'utf8');
  const isWanted = (name: string): boolean => wanted === undefined || wanted.has(name);
  const passedOn = [...source.matchAll(/export (?:type )?(?:\*|\{([^}]*)\}) from '(\.[^']+)'/g)].map(
    ([, list, path = '']) => {
      const names = list === undefined ? wanted : new Set(namesIn(list).filter(isWanted));
      return names?.size === 0 ? Promise.resolve([]) : exportsOf(new URL(path, file), names);
    },
  );
  const declared = [
    ...source.matchAll(
      /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function\*?|const|interface|type) (\w+)/gm,
    ),
    ...source.matchAll(/^export \{([^}]*)\};/gm),
  ].flatMap(([, names = '']) => namesIn(names));
  const own = [...new Set(declared.filter(isWanted))].map((name) => ({
    name,
    file: relative(fileURLToPath(root), fileURLToPath(file)),
    source,
  }));
  return [...own, ...(await Promise.all(passedOn)).flat()];
}

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map(
      (name) =>
        name
          .replace(/\btype /, '')
          .trim()
          .split(' ')[0] ?? '',
    )
    .filter((name) => name !== '');
}
