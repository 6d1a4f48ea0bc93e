import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));

export interface BundledThread {
  /** The program of the lease thread as one text, with all that it imports. */
  readonly program: string;
  /** The same as a file, which loads the ioredis that is installed. */
  readonly file: string;
  /** The packages in it, with their versions. */
  readonly contains: string;
  /** The texts of their licenses. */
  readonly licenses: string;
}

const options = {
  absWorkingDir: root,
  entryPoints: ['src/leases/thread/lease-thread-main.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node22',
  conditions: ['@sluice/source'],
  // Names stay, so that a stack trace can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 120,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

/**
 * Bundles the program of the lease thread: a thread that is started from a text has nothing to import from, and one file takes some
 * MiB less memory in a thread than thirty modules.
 */
export async function bundleLeaseThread(): Promise<BundledThread> {
  const [{ outputFiles, metafile }, file] = await Promise.all([
    build({ ...options, metafile: true, footer: { js: '//# sourceURL=sluice-lease-thread.js' } }),
    build({ ...options, external: ['ioredis'] }),
  ]);
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap((input) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []),
  );
  const packages = await Promise.all([...folders].toSorted().map(readPackage));
  return {
    program: outputFiles.map(({ text }) => text).join(''),
    file: file.outputFiles.map(({ text }) => text).join(''),
    contains: packages.map(({ name }) => name).join(', '),
    licenses: packages.map(({ name, license }) => `${name}\n\n${license.trim()}\n`).join('\n---\n\n'),
  };
}

async function readPackage(folder: string): Promise<{ name: string; license: string }> {
  const path = `${root}${folder}/`;
  const manifest: { name: string; version: string } = JSON.parse(await readFile(`${path}package.json`, 'utf8'));
  const file = (await readdir(path)).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${manifest.name} has no license file`);
  return { name: `${manifest.name} ${manifest.version}`, license: await readFile(path + file, 'utf8') };
}
