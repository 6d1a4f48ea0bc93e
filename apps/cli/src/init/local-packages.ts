import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../cli-errors.ts';

/** The folder of the tarballs. It is inside the project, so that the project can be moved and built into an image. */
export const VENDOR = 'vendor';

/** Tarballs of our packages: name of the package → path of the file. */
export type Tarballs = ReadonlyMap<string, string>;

/**
 * The tarballs of a folder, as `pnpm pack` names them.
 *
 * @param needed the packages that the project asks for
 * @throws UsageError when there is no such folder, or it lacks one of them
 */
export async function findTarballs(folder: string, needed: readonly string[]): Promise<Tarballs> {
  const files = await readdir(folder).catch(() => {
    throw new UsageError(`--packages: there is no folder ${folder}`);
  });
  const tarballs = new Map<string, string>();
  for (const name of needed) {
    const pattern = new RegExp(`^${name.replace('@', '').replace('/', '-')}(-\\d.*)?\\.tgz$`);
    const file = files
      .filter((each) => pattern.test(each))
      .toSorted()
      .at(-1);
    if (file === undefined) throw new UsageError(`--packages: ${folder} has no tarball of ${name}`);
    tarballs.set(name, join(resolve(folder), file));
  }
  return tarballs;
}

/** Packages of ours that others of ours bring along. */
const broughtAlong: readonly string[] = ['@sluice/http', '@sluice/console'];

/** The packages of ours that the project needs. */
export function ownPackagesOf(files: ReadonlyMap<string, string>): string[] {
  const { dependencies = {}, devDependencies = {} } = readManifest(files);
  const asked = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name.startsWith('@sluice/'));
  return [...asked, ...broughtAlong];
}

/**
 * Points the project at tarballs in its own folder. What asks for one of our packages by a version, such as another of our
 * packages, gets it as well: npm from the root of the workspace, pnpm by its overrides.
 */
export function pointAtTarballs(files: Map<string, string>, tarballs: Tarballs): void {
  const places = new Map([...tarballs].map(([name, path]) => [name, `file:${VENDOR}/${path.split(/[\\/]/).at(-1)}`]));
  const manifest = readManifest(files);
  const { devDependencies = {} } = manifest;
  for (const [name, place] of places) {
    if (name in devDependencies) devDependencies[name] = place;
    else manifest.dependencies = { ...manifest.dependencies, [name]: place };
  }
  files.set('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  const overrides = [...places].map(([name, place]) => `  '${name}': ${place}\n`).join('');
  files.set('pnpm-workspace.yaml', `${files.get('pnpm-workspace.yaml') ?? ''}\noverrides:\n${overrides}`);
}

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function readManifest(files: ReadonlyMap<string, string>): Manifest {
  return JSON.parse(files.get('package.json') ?? '{}') as Manifest;
}
