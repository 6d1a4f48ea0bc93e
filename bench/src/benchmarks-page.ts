import { mkdir, readFile, writeFile } from 'node:fs/promises';

/** The page that shows the figures. */
export const benchmarksPage = new URL('../../docs/benchmarks.md', import.meta.url);

/** Where the figures of a bench are kept. A bench with several sections, such as `control cancel`, has a folder. */
export function figuresOf(bench: string): URL {
  return new URL(`../figures/${bench.replace(' ', '/')}.json`, import.meta.url);
}

/** Keeps a report, and shows it on the page. */
export async function saveFigures(bench: string, report: object, section: string): Promise<void> {
  await mkdir(new URL('.', figuresOf(bench)), { recursive: true });
  await writeFile(figuresOf(bench), `${JSON.stringify(report, null, 2)}\n`);
  await replaceSection(benchmarksPage, bench, section);
}

/** The text between a section's two marks. Throws when the page does not have them. */
export function sectionOf(page: string, name: string): string {
  const section = pattern(name).exec(page)?.[1];
  if (section === undefined) throw new Error(`the page has no marks for ${name}`);
  return section;
}

/** Puts a text between a section's two marks and leaves the rest of the page as it is. */
async function replaceSection(file: URL, name: string, text: string): Promise<void> {
  const page = await readFile(file, 'utf8');
  const old = sectionOf(page, name);
  await writeFile(
    file,
    page.replace(`${begin(name)}\n${old}\n${end(name)}`, () => `${begin(name)}\n${text}\n${end(name)}`),
  );
}

const begin = (name: string): string => `<!-- ${name}: written by pnpm bench ${name} --save -->`;
const end = (name: string): string => `<!-- end of ${name} -->`;

function pattern(name: string): RegExp {
  return new RegExp(`${begin(name)}\n(.*?)\n${end(name)}`, 's');
}
