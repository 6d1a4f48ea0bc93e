import { readdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly imports: Readonly<Record<string, unknown>>;
}

/** Where what several entries share is written: folders of this name hold what has no source of its name. */
const SHARED = 'embedded/library';

/**
 * The JavaScript of the library: one file for each entry of package.json, and one for what some of them share, by their paths in the
 * folder. A process that loads it as its 300 modules holds some 10 MiB more. The compiler writes only the types.
 */
export async function bundleLibrary(): Promise<ReadonlyMap<string, string>> {
  const manifest = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as Manifest;
  const sources = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : (entry['@sluice/source'] ?? []),
  );
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(root),
    entryPoints: sources,
    outbase: 'src',
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: `${SHARED}-[hash]`,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2024',
    packages: 'external',
    external: Object.keys(manifest.imports),
    // For stack traces under --enable-source-maps and for debuggers, which find the sources in the package.
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const dist = fileURLToPath(new URL('dist/', root));
  return new Map(outputFiles.map(({ path, text }) => [path.slice(dist.length).replaceAll('\\', '/'), text]));
}

/** Removes the JavaScript that an earlier build left in the folder. */
export async function removeOtherModules(folder: URL, written: ReadonlyMap<string, string>): Promise<void> {
  const paths = (await readdir(folder, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
  const left = paths.filter((path) => /\.js(\.map)?$/.test(path) && !written.has(path));
  const ours = left.filter((path) => !path.startsWith('embedded/') || path.startsWith(SHARED));
  for (const path of ours) await rm(new URL(path, folder));
}
