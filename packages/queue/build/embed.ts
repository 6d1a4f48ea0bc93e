// Writes the library's JavaScript, and what a bundler can follow where the sources read files: `node build/embed.ts`, after tsc, which
// writes the types. See docs/bundlers.md.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { packageVersion } from '../src/job/package-version.ts';
import { luaTexts } from '../src/store/scripts/lua-texts.ts';
import { bundleLeaseThread } from './bundle-lease-thread.ts';
import { bundleLibrary, removeOtherModules } from './bundle-library.ts';

/**
 * For Node: the program as one file, which loads the ioredis that is installed. The condition by which Node is known is also set
 * by Bun's bundler, which leaves the file behind: then it is the text.
 */
const installed = `import { existsSync } from 'node:fs';
import { leaseThreadProgram as text } from './lease-thread.js';
const here = import.meta.url;
const program = here && new URL('./lease-thread-main.cjs', here);
export const leaseThreadProgram = program && existsSync(program) ? { execArgv: [], program } : text;
`;

/** Writes the modules to which package.json leads the imports `#lua-texts`, `#package-version` and `#lease-thread` in what is built. */
export async function embed(folder: URL): Promise<void> {
  const { program, file, contains, licenses } = await bundleLeaseThread();
  const files = {
    'lua-texts.js': `export const luaTexts = ${JSON.stringify(luaTexts, null, 1)};\n`,
    // Bundlers keep a comment that begins with an exclamation mark.
    'lease-thread.js': `/*! In the text below: ${contains}. Their licenses: @sluice/queue/dist/embedded/LICENSES.txt */
export const leaseThreadProgram = { eval: true, execArgv: [], program: ${JSON.stringify(program)} };\n`,
    'installed-lease-thread.js': installed,
    'lease-thread-main.cjs': file,
    'package-version.js': `export const packageVersion = ${JSON.stringify(packageVersion)};\n`,
    'LICENSES.txt': licenses,
  };
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeIfChanged(new URL(file, folder), text);
}

/** A program that runs from what is built meanwhile finds all files at any time. */
async function writeIfChanged(file: URL, text: string): Promise<void> {
  const written = await readFile(file, 'utf8').catch(() => undefined);
  if (written !== text) await writeFile(file, text);
}

/** Writes the modules to which package.json leads those who import the package, and leaves no older ones. */
async function writeLibrary(folder: URL): Promise<void> {
  const library = await bundleLibrary();
  for (const [path, text] of library) {
    const file = new URL(path, folder);
    await mkdir(new URL('.', file), { recursive: true });
    await writeIfChanged(file, text);
  }
  await removeOtherModules(folder, library);
}

if (import.meta.main) {
  const dist = new URL('../dist/', import.meta.url);
  await embed(new URL('embedded/', dist));
  await writeLibrary(dist);
}
