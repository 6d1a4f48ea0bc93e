import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_NAME } from './project-name.ts';

/** The folder of the template: a whole project, under the name that is replaced by the project's own. */
const templateFolder: string = fileURLToPath(new URL('../../templates/init/', import.meta.url));

/** Names that npm would not pack as they are. */
const packedAs: Readonly<Record<string, string>> = { gitignore: '.gitignore', dockerignore: '.dockerignore' };

export interface TemplateOptions {
  readonly name: string;
  /** The version of our packages, as in package.json. */
  readonly version: string;
}

/** The files of a project, by their paths in it with `/`. */
export async function readTemplate({ name, version }: TemplateOptions): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(templateFolder, { recursive: true, withFileTypes: true })) {
    const path = relative(templateFolder, join(entry.parentPath, packedAs[entry.name] ?? entry.name));
    // What was installed into the template to check its types; the command itself stands below a node_modules, too.
    if (!entry.isFile() || path.split(sep).includes('node_modules')) continue;
    const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
    const named = text.replaceAll(DEFAULT_NAME, name);
    files.set(path.split(sep).join('/'), named.replaceAll(/("@sluice\/[a-z-]+": )"[^"]*"/g, `$1"${version}"`));
  }
  return files;
}
