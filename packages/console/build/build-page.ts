// Builds the page into the folder that packages/console exports: `node build/build-page.ts`.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

const root = fileURLToPath(new URL('../page/', import.meta.url));
const folder = fileURLToPath(new URL('../dist/embedded/page/', import.meta.url));

/** What compresses well. */
const TEXT = /\.(html|js|css|svg)$/;

/** Builds the page, each text also compressed, so that no server has to do that. */
export async function buildPage(): Promise<void> {
  const built = (await build({
    root,
    // Relative, so that the page works at any path.
    base: './',
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      write: false,
      // Those that know light-dark(), which the styles are written with.
      target: ['chrome123', 'firefox120', 'safari17.5'],
      // The policy of the page lets no data: address through.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  })) as Rolldown.RolldownOutput;
  const files = new Map(built.output.flatMap((each) => variantsOf(each)));
  for (const [path, bytes] of files) await writeIfChanged(join(folder, path), bytes);
  const there = await readdir(folder, { recursive: true, withFileTypes: true });
  const old = there.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of old) if (!files.has(path.slice(folder.length).replaceAll('\\', '/'))) await rm(path);
}

function variantsOf(built: Rolldown.OutputChunk | Rolldown.OutputAsset): [string, Buffer][] {
  const bytes = Buffer.from(built.type === 'chunk' ? built.code : built.source);
  const path = built.fileName;
  if (!TEXT.test(path)) return [[path, bytes]];
  return [
    [path, bytes],
    [`${path}.br`, brotliCompressSync(bytes)],
    [`${path}.gz`, gzipSync(bytes, { level: 9 })],
  ];
}

/** A server that runs from what is built meanwhile finds all files at any time. */
async function writeIfChanged(file: string, bytes: Buffer): Promise<void> {
  const written = await readFile(file).catch(() => undefined);
  if (written?.equals(bytes)) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

if (import.meta.main) await buildPage();
