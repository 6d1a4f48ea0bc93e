import { describe, expect, it } from 'vitest';
import { type PublicExport, type PublicPackage, publicPackages, readPublicExports } from './public-exports.ts';

/** A declaration, or a member of one, and the docstring before it; null without one. */
interface Documented {
  readonly what: string;
  readonly line: string;
  readonly docs: string | null;
}

const DECLARATION = /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function\*?|const|interface|type) (\w+)/;
/** A public field or method: sources are formatted, so members of a declaration have two spaces before them. */
const MEMBER = /^ {2}(?:static |readonly |abstract |async |get |\*)*(\w+)\??[:(<]/;
/** What a function takes: its members have docstrings, and the function says the rest. */
const NAMES_ITS_USE = /(?:Options|Fixtures|Hooks)$/;
/** Statements and constructors; fields of errors are in docs/errors.md. */
const NOT_DOCUMENTED = /^ {2}(?:static |readonly |async )*(?:constructor|return|if|for|while|switch|override)\b/;

/** The declaration of an export, and its members if it has any that a caller sees. */
function documentedParts({ name, file, source }: PublicExport): Documented[] {
  const lines = source.split('\n');
  const start = lines.findIndex((line) => DECLARATION.exec(line)?.[1] === name);
  const line = lines[start] ?? '';
  if (start < 0) return [];
  const parts: Documented[] = [];
  if (!NAMES_ITS_USE.test(name)) parts.push({ what: `${file}: ${name}`, line, docs: docsBefore(lines, start) });
  const hasMembers =
    /^export (?:abstract )?(?:class|interface) /.test(line) && !/ extends (?:Sluice)?Error\b/.test(line);
  if (!hasMembers || line.endsWith('{}')) return parts;
  for (let at = start + 1; at < lines.length && !/^\S*\}/.test(lines[at] ?? ''); at += 1) {
    const member = lines[at] ?? '';
    const [, memberName = ''] = NOT_DOCUMENTED.test(member) ? [] : (MEMBER.exec(member) ?? []);
    if (memberName === '') continue;
    const isOverload = parts.at(-1)?.what.endsWith(`.${memberName}`) ?? false;
    if (isOverload) continue;
    parts.push({ what: `${file}: ${name}.${memberName}`, line: member, docs: docsBefore(lines, at) });
  }
  return parts;
}

function docsBefore(lines: readonly string[], at: number): string | null {
  const end = (lines[at - 1] ?? '').trim();
  if (!end.endsWith('*/')) return null;
  const from = lines.slice(0, at).findLastIndex((line) => line.trim().startsWith('/**'));
  return lines.slice(from, at).join('\n');
}

/** The exports, and the options that their functions take from the same file. */
async function readDeclarations(name: PublicPackage): Promise<PublicExport[]> {
  const found = await readPublicExports(name);
  const options = found.flatMap(({ file, source }) =>
    [...source.matchAll(/^export interface ((?!Resolved)\w+Options)\b/gm)].map(([, option = '']) => ({
      name: option,
      file,
      source,
    })),
  );
  return [...new Map([...found, ...options].map((each) => [`${each.file} ${each.name}`, each])).values()];
}

describe('the public declarations', () => {
  it.each(publicPackages)('of @sluice/%s have a docstring each', async (name) => {
    const parts = (await readDeclarations(name)).flatMap(documentedParts);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.filter(({ docs }) => docs === null).map(({ what }) => what)).toEqual([]);
  });

  it.each(publicPackages)('of @sluice/%s say the default of each option that may be left out', async (name) => {
    const options = (await readDeclarations(name)).filter((each) => /(?:Options|Timings|Policy)$/.test(each.name));
    const optional = options.flatMap(documentedParts).filter(({ line }) => /^ {2}(?:readonly )?\w+\?:/.test(line));
    expect(optional.filter(({ docs }) => !docs?.includes('@default')).map(({ what }) => what)).toEqual([]);
  });
});
